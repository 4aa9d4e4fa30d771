"""One page about one run, for a person who was not there.

    reading   gathers what stands beside the journal: inputs, settings, times
    facts     what the page speaks of, and how foreign text is told
    markup    elements in which everything foreign is escaped
    scales, progress, charts    pictures as inline SVG
    changes, colours            the winning change, line by line
    lineage, tried              where it came from, and what else was attempted
    page      puts it together

Pure but for `reading`: the same record gives the same bytes. Not here: where the page is
written (`sigil.cli.inspect`).
"""
