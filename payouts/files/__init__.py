"""Payment files: functions of payments, bank profile, serial numbers and dates given; sealed before approval."""
