"""Where stores and servers are: locations, URLs, and what of them is never shown."""
