"""The ThreeSixty API's client; knows no Django."""
