"""The effects `service_start` and `service_stop`."""
