"""Ask a model. Every exchange is data, so that a run can be replayed without one."""
