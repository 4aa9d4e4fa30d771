"""Judges and rubrics: does a text meet what is asked of it?"""
