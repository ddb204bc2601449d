"""The drivers of brokers, told to use connections of ours; each module imports its driver, and is imported on use."""
