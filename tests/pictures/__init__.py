"""Pictures of the pages, from invented people and complaints: ``make pictures`` takes them all anew."""
