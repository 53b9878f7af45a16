"""Where does an action act? The settings of each kind of target, and how the thing behind it is spoken to."""
