"""What the remedies are worth: races on the sick part of the accuracy corpus, without SQL, checked on fresh seeds."""
