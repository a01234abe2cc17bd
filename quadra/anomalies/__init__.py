"""What is normal for a series, and when it is not.

``single`` watches one series and needs nothing but the standard library; ``columns`` watches many
at once and gives, bit for bit, the same scores. Both follow ``parameters``. ``classic`` holds the
three textbook methods, ``events`` turns scores into events that open and close.
"""
