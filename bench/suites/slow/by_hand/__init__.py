"""What a person made of each slow function: the same answers, and how fast they can be had.

The tests hold the suite against these: a function nobody could improve, or inputs on which an
improvement does not show, would say nothing about a search. No search sees them.
"""
