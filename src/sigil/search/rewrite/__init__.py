"""The offline proposer `rewrite`: a catalogue of ways to make Python faster.

`rule` says what a rewrite is; `facts` and `kinds` what it may know of a definition;
`applying` carries it out; `catalogue` lists all of them, from one module a family;
`proposer` puts them behind ask and tell. Needs libcst, which is an extra.
"""
