"""Alerting's decisions: rules as data, the state machine, silences, grouping, back-tests."""
