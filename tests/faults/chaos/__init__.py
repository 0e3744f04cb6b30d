"""Chaos: a seed is a story of troubles; whatever happens in it, the promises hold in the end.

`plan` makes the story out of the seed alone, `play` lives it with real processes, `promises` says
what must hold after every run and in the end, `reader` opens the published file all the while.
"""
