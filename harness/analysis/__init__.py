"""What the stored results say: tables, change points, their kinds and what explains them."""
