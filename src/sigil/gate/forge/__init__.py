"""Pull requests on a forge: read, commented, given a status, merged."""
