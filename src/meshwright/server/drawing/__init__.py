"""Pictures that the server draws: SVG in the page, coloured by its style sheet, readable without scripts."""
