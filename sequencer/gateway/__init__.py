"""The doors: gRPC services, signature checks and cheap limits. Everything that needs state is asked of the core."""
