"""Records in, parts out: what each archived page says about itself and about the pages it links to."""
