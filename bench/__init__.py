"""How fast is the real `tocsin up`? Figures and ratios, interleaved, with minimum and maximum."""
