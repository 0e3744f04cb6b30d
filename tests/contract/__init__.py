"""What holds of every vendor and every table, said once; a new vendor is found, not added here."""
