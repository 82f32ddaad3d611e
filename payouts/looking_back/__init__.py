"""Looking back at a payroll: what people say of it, and the actions that go with them to the next one."""
