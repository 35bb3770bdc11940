"""The only files that know a third party, one each."""
