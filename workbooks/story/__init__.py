"""The story that the shipped workbooks tell, and how it is drawn into them."""
