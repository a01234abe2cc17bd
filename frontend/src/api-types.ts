// Written by `make api-types` from the API's description. Change that, not this.
export interface paths {
    readonly "/api/openapi.json": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** This description */
        readonly get: operations["get_api_openapi_json"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/train": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** The same as /api/v1/training/start */
        readonly post: operations["post_api_train"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/account": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Whoever asks, and what they may */
        readonly get: operations["get_api_v1_account"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/account/password": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Change your own password; all your sessions end, this one too */
        readonly post: operations["post_api_v1_account_password"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/alert-rules": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List the alert rules */
        readonly get: operations["get_api_v1_alert_rules"];
        readonly put?: never;
        /** Make an alert rule; it is judged from now on */
        readonly post: operations["post_api_v1_alert_rules"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/alert-rules/{rule_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One alert rule */
        readonly get: operations["get_api_v1_alert_rules_rule_id_"];
        /** Change an alert rule; what is not mentioned has its default again */
        readonly put: operations["put_api_v1_alert_rules_rule_id_"];
        readonly post?: never;
        /** End an alert rule and its open alerts */
        readonly delete: operations["delete_api_v1_alert_rules_rule_id_"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/alert-rules/backtest": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Say what a rule would have done over a past: every fire, clear and page */
        readonly post: operations["post_api_v1_alert_rules_backtest"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/alerts": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List the alerts that are open, or others */
        readonly get: operations["get_api_v1_alerts"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/alerts/{alert_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One alert */
        readonly get: operations["get_api_v1_alerts_alert_id_"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/alerts/{alert_id}/ack": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Say that somebody has it: no more repeats, no escalation */
        readonly post: operations["post_api_v1_alerts_alert_id_ack"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/alerts/history": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Who knew what when: every change, page and acknowledgement */
        readonly get: operations["get_api_v1_alerts_history"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/anomalies": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What was unusual, when and why */
        readonly get: operations["get_api_v1_anomalies"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/anomalies/{anomaly_id}/feedback": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Say whether it was one */
        readonly post: operations["post_api_v1_anomalies_anomaly_id_feedback"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/anomalies/series/{series_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How closely a series is watched */
        readonly get: operations["get_api_v1_anomalies_series_series_id_"];
        /** Watch a series more or less closely, or mute it */
        readonly put: operations["put_api_v1_anomalies_series_series_id_"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/audit": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Who did what by hand, the newest first */
        readonly get: operations["get_api_v1_audit"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/boards": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List the boards */
        readonly get: operations["get_api_v1_boards"];
        readonly put?: never;
        /** Keep a board, as made here or exported elsewhere */
        readonly post: operations["post_api_v1_boards"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/boards/{board_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One board */
        readonly get: operations["get_api_v1_boards_board_id_"];
        /** Change a board */
        readonly put: operations["put_api_v1_boards_board_id_"];
        readonly post?: never;
        /** Delete a board; for a day it can be restored */
        readonly delete: operations["delete_api_v1_boards_board_id_"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/boards/{board_id}/restore": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Take the deletion of a board back */
        readonly post: operations["post_api_v1_boards_board_id_restore"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/channels": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The channels and how they do */
        readonly get: operations["get_api_v1_channels"];
        readonly put?: never;
        /** Make a channel */
        readonly post: operations["post_api_v1_channels"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/channels/{channel_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One channel */
        readonly get: operations["get_api_v1_channels_channel_id_"];
        /** Change a channel; address and secret stay where they are not given */
        readonly put: operations["put_api_v1_channels_channel_id_"];
        readonly post?: never;
        /** Remove a channel; pages that wait for it are not sent */
        readonly delete: operations["delete_api_v1_channels_channel_id_"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/channels/{channel_id}/test": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Send a test through a channel and say how it went */
        readonly post: operations["post_api_v1_channels_channel_id_test"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/drill": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Send a marked fault through intake, a rule, the channels and acknowledgement, and say how long each step took */
        readonly post: operations["post_api_v1_drill"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/events": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What happened: alerts, anomalies, models, restarts, edits, and posted marks */
        readonly get: operations["get_api_v1_events"];
        readonly put?: never;
        /** Post a mark, such as a deployment; the same again changes nothing */
        readonly post: operations["post_api_v1_events"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/first-steps": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The address and the sending token that the console's snippets show */
        readonly get: operations["get_api_v1_first_steps"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/forecasts": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What the field foretells of the series that it watches */
        readonly get: operations["get_api_v1_forecasts"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/heartbeat": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Whether rules are evaluated: 200 while they are, 503 otherwise */
        readonly get: operations["get_api_v1_heartbeat"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/history": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Read the past of the selected series */
        readonly get: operations["get_api_v1_history"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/labels": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Labels of the selected series, and how many values each has */
        readonly get: operations["get_api_v1_labels"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/labels/{label}/values": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Values of a label among the selected series, and how many have each */
        readonly get: operations["get_api_v1_labels_label_values"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/maintenance-windows": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List the maintenance windows */
        readonly get: operations["get_api_v1_maintenance_windows"];
        readonly put?: never;
        /** Keep pages quiet again and again, at certain hours of certain days */
        readonly post: operations["post_api_v1_maintenance_windows"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/maintenance-windows/{window_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        /** Change a maintenance window */
        readonly put: operations["put_api_v1_maintenance_windows_window_id_"];
        readonly post?: never;
        /** Drop a maintenance window */
        readonly delete: operations["delete_api_v1_maintenance_windows_window_id_"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/models": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The saved versions of the field */
        readonly get: operations["get_api_v1_models"];
        readonly put?: never;
        /** Save the field as it is now */
        readonly post: operations["post_api_v1_models"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/models/{version}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** Remove a saved version */
        readonly delete: operations["delete_api_v1_models_version_"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/models/{version}/load": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Go on from a saved version; its SHA-256 is checked first */
        readonly post: operations["post_api_v1_models_version_load"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/models/{version}/promote": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Make a version the one in production */
        readonly post: operations["post_api_v1_models_version_promote"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/models/rollback": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Make the version promoted before the one in production */
        readonly post: operations["post_api_v1_models_rollback"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/names": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Names of metrics, with what was said of them and how many series bear them */
        readonly get: operations["get_api_v1_names"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/replay": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** All that was known of a span: changes of alerts, anomalies, events, their series */
        readonly get: operations["get_api_v1_replay"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/replay/export": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The same as one HTML file that opens offline, for the post-mortem */
        readonly get: operations["get_api_v1_replay_export"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/samples": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Send samples; answered once they are on disk */
        readonly post: operations["post_api_v1_samples"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/series": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Find series by selector or words */
        readonly get: operations["get_api_v1_series"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/services": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Services by trouble, with four golden signals each, and hosts */
        readonly get: operations["get_api_v1_services"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/sessions": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Your browser sessions, or everybody's */
        readonly get: operations["get_api_v1_sessions"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/sessions/{session_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** End a session; what it opened closes within seconds */
        readonly delete: operations["delete_api_v1_sessions_session_id_"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/silences": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List the silences, those that have ended too, and what each keeps quiet now */
        readonly get: operations["get_api_v1_silences"];
        readonly put?: never;
        /** Keep pages quiet for a while; alerts are judged and shown as ever */
        readonly post: operations["post_api_v1_silences"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/silences/{silence_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One silence, and what it has hidden */
        readonly get: operations["get_api_v1_silences_silence_id_"];
        readonly put?: never;
        readonly post?: never;
        /** End a silence now; what it hid stays known */
        readonly delete: operations["delete_api_v1_silences_silence_id_"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/status": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How Quadra itself does */
        readonly get: operations["get_api_v1_status"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/targets": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List the scrape targets and how they do */
        readonly get: operations["get_api_v1_targets"];
        readonly put?: never;
        /** Scrape a new target, from now on */
        readonly post: operations["post_api_v1_targets"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/targets/{target_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One scrape target and how it does */
        readonly get: operations["get_api_v1_targets_target_id_"];
        /** Change a target; a credential that is not mentioned stays, null ends it */
        readonly put: operations["put_api_v1_targets_target_id_"];
        readonly post?: never;
        /** Scrape a target no more; what it sent stays in history */
        readonly delete: operations["delete_api_v1_targets_target_id_"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/tokens": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List the tokens in force */
        readonly get: operations["get_api_v1_tokens"];
        readonly put?: never;
        /** Make a token; its secret is shown this once */
        readonly post: operations["post_api_v1_tokens"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/tokens/{token_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** End a token; what it opened closes within seconds */
        readonly delete: operations["delete_api_v1_tokens_token_id_"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/tokens/{token_id}/rotate": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Give a token a new secret, shown this once; the former one ends, after an overlap */
        readonly post: operations["post_api_v1_tokens_token_id_rotate"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/training": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How the field's training does */
        readonly get: operations["get_api_v1_training"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/training/reset": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Forget what was learned; saved versions stay */
        readonly post: operations["post_api_v1_training_reset"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/training/start": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Train the field: on history first, then on what comes */
        readonly post: operations["post_api_v1_training_start"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/training/stop": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Stop training; what was learned stays */
        readonly post: operations["post_api_v1_training_stop"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/users": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** List the users */
        readonly get: operations["get_api_v1_users"];
        readonly put?: never;
        /** Make a user */
        readonly post: operations["post_api_v1_users"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/users/{user_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One user */
        readonly get: operations["get_api_v1_users_user_id_"];
        /** Change a user's role, or disable them; their sessions end */
        readonly put: operations["put_api_v1_users_user_id_"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/users/{user_id}/password": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Give a user a new password; their sessions end */
        readonly post: operations["post_api_v1_users_user_id_password"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v1/usual": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The usual range of series: where four in five of the values before lay */
        readonly get: operations["get_api_v1_usual"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v2/alerts": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The alerts that fire, Quadra's own too */
        readonly get: operations["get_api_v2_alerts"];
        readonly put?: never;
        /** Take alerts of Prometheus, vmalert or amtool; those that are valid are kept */
        readonly post: operations["post_api_v2_alerts"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v2/receivers": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The channels */
        readonly get: operations["get_api_v2_receivers"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v2/silence/{silence_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** One silence */
        readonly get: operations["get_api_v2_silence_silence_id_"];
        readonly put?: never;
        readonly post?: never;
        /** End a silence */
        readonly delete: operations["delete_api_v2_silence_silence_id_"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v2/silences": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The silences */
        readonly get: operations["get_api_v2_silences"];
        readonly put?: never;
        /** Make a silence; one that is named ends, and the new one takes its place */
        readonly post: operations["post_api_v2_silences"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/api/v2/status": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What answers here */
        readonly get: operations["get_api_v2_status"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/health": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Alive */
        readonly get: operations["get_health"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/metrics": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Prometheus exposition of Quadra itself */
        readonly get: operations["get_metrics"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/otlp/v1/metrics": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** OTLP/HTTP metrics, protobuf or JSON */
        readonly post: operations["post_otlp_v1_metrics"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/prometheus/api/v1/write": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Prometheus remote write, 1.0 and 2.0 */
        readonly post: operations["post_prometheus_api_v1_write"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/ready": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Ready to take samples, with the state of each part */
        readonly get: operations["get_ready"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        readonly Alert: {
            /** @description unix seconds */
            readonly acknowledged_at: number | null;
            readonly acknowledged_by: string | null;
            readonly annotations: {
                readonly [key: string]: string;
            };
            readonly fingerprint: string;
            /** @description unix seconds */
            readonly fired_at: number | null;
            readonly flapping: boolean;
            readonly id: number;
            /** @description label names use letters, digits and _; an empty value means no label */
            readonly labels: {
                readonly [key: string]: string;
            };
            readonly metric: string;
            /** @description unix seconds */
            readonly paged_at: number | null;
            readonly pages: number;
            /** @description the worst value so far, or that it had; null where none was kept */
            readonly peak: number | null;
            /** @description what has kept pages back: silence:ID, cooldown, inhibited, … */
            readonly quieted_by: readonly string[];
            readonly recovering: boolean;
            /** @description unix seconds */
            readonly resolved_at: number | null;
            readonly rule: string;
            readonly rule_id: number;
            readonly series: number | null;
            /** @enum {string} */
            readonly severity: "info" | "warning" | "critical";
            /** @enum {string} */
            readonly source: "rule" | "external";
            /** @description unix seconds */
            readonly started_at: number;
            /** @enum {string} */
            readonly state: "pending" | "firing" | "resolved" | "cancelled";
            readonly threshold: number | null;
            readonly value: number | null;
        };
        readonly AlertChange: {
            readonly alert: components["schemas"]["Alert"];
            /** @description unix seconds */
            readonly at: number;
            readonly by: string;
            readonly detail: string;
            readonly kind: string;
            readonly ref: string;
            readonly value: number | null;
        };
        readonly Anomaly: {
            /** @description 0 to 100 % */
            readonly confidence: number;
            readonly detector: string;
            /** @description null while it lasts */
            readonly ended_at: number | null;
            /** @description 1 is what an anomaly asks for */
            readonly evidence: number;
            readonly expected_range: readonly [
                number | null,
                number | null
            ];
            /** @description the same for those that began together */
            readonly group: string;
            readonly id: number;
            readonly judged_by: string | null;
            /** @description label names use letters, digits and _; an empty value means no label */
            readonly labels: {
                readonly [key: string]: string;
            };
            readonly metric: string;
            readonly peak: number;
            /** @description what is odd, in a sentence */
            readonly reason: string;
            readonly series: number;
            /** @enum {string} */
            readonly severity: "low" | "medium" | "high" | "critical";
            /** @description unix seconds */
            readonly started_at: number;
            /** @description where it began */
            readonly value: number;
            /** @enum {string|null} */
            readonly verdict: "right" | "wrong" | null;
        };
        readonly Backtest: {
            readonly counts: {
                readonly clears: number;
                readonly fires: number;
                readonly pages: number;
                readonly pending: number;
            };
            /** @description unix seconds */
            readonly end: number;
            readonly events: readonly {
                /** @description unix seconds */
                readonly at: number;
                readonly kind: string;
                readonly series: number | null;
                readonly value: number | null;
            }[];
            readonly fires: readonly components["schemas"]["Fire"][];
            /** @description 1: every sample was judged */
            readonly judged_every: number;
            readonly pages: readonly {
                /** @description unix seconds */
                readonly at: number;
                readonly kind: string;
                readonly series: readonly (number | null)[];
            }[];
            readonly pages_per_week: number;
            readonly samples: number;
            /** @description that it took */
            readonly seconds: number;
            readonly series: number;
            /** @description unix seconds */
            readonly start: number;
        };
        readonly Board: {
            /** @description unix seconds */
            readonly changed_at: number;
            readonly changed_by: string;
            /** @description unix seconds */
            readonly created_at: number;
            readonly created_by: string;
            readonly id: number;
            readonly name: string;
            readonly revision: number;
            readonly view: components["schemas"]["BoardView"];
        };
        readonly BoardView: {
            /** @description how single charts are drawn, by name */
            readonly charts: {
                readonly [key: string]: {
                    readonly log?: boolean;
                    readonly raw?: boolean;
                    readonly stack?: boolean;
                };
            };
            /**
             * @default
             * @enum {string}
             */
            readonly compare: "" | "day" | "week";
            readonly filters: readonly {
                readonly label: string;
                /**
                 * @default =
                 * @enum {string}
                 */
                readonly op: "=" | "!=";
                readonly values: readonly string[];
            }[];
            /** @description a chart each: a metric, a pattern with *, or several joined by +; empty for all metrics */
            readonly names: readonly string[];
            /**
             * @description own: as `names` has them
             * @default unusual
             * @enum {string}
             */
            readonly order: "unusual" | "name" | "own";
            /** @description a chart for each of its values */
            readonly per: string;
            /**
             * @description such as 5m, 1h or 137s
             * @default 1h
             */
            readonly range: string;
            /** @description a line for each of its values */
            readonly split: string;
        };
        readonly Channel: {
            readonly enabled: boolean;
            readonly has_secret: boolean;
            /** @description where it leads, without what may be secret */
            readonly host: string;
            readonly id: number;
            /** @enum {string} */
            readonly kind: "webhook" | "slack" | "email" | "apprise";
            readonly name: string;
            /** @enum {string} */
            readonly origin: "api" | "settings";
            readonly settings: {
                readonly [key: string]: unknown;
            };
            readonly state: {
                readonly error: string | null;
                readonly failed: number;
                readonly failed_at: number | null;
                readonly sent: number;
                readonly sent_at: number | null;
            };
        };
        readonly Curve: {
            /** @description pages are null where they are too many to count */
            readonly curve: readonly components["schemas"]["CurvePoint"][];
            readonly samples: number;
            /** @description that it took */
            readonly seconds: number;
        };
        readonly CurvePoint: {
            readonly limit: number;
            readonly pages: number | null;
        };
        readonly Deed: {
            readonly action: string;
            readonly actor: string;
            readonly address: string;
            /** @description unix seconds */
            readonly at: number;
            /** @description what was sent, without secrets */
            readonly detail: {
                readonly [key: string]: unknown;
            };
            readonly id: number;
            /** @enum {string} */
            readonly kind: "user" | "token" | "command" | "nobody";
            /** @description how it was answered, as in HTTP */
            readonly status: number;
            readonly target: string;
        };
        readonly Drilled: {
            /** @description whose history tells of it */
            readonly alert: number | null;
            readonly channels: readonly string[];
            readonly passed: boolean;
            /** @description that the whole drill took */
            readonly seconds: number;
            readonly steps: readonly components["schemas"]["DrillStep"][];
        };
        readonly DrillStep: {
            readonly channel?: string;
            readonly detail?: string;
            readonly ok: boolean;
            /** @description from the fault, or from its end, until this was done */
            readonly seconds: number | null;
            /** @enum {string} */
            readonly step: "stored" | "judged" | "paged" | "acknowledged" | "resolved" | "told_of_the_end" | "interrupted" | "cleaned";
        };
        readonly Event: {
            /** @description unix seconds */
            readonly at: number;
            readonly by: string;
            readonly id: number;
            /** @description alert_fired, alert_cleared, anomaly, model, restart, rule, silence are Quadra's own; deploy, flag, config, incident and any other word people's */
            readonly kind: string;
            /** @description label names use letters, digits and _; an empty value means no label */
            readonly labels: {
                readonly [key: string]: string;
            };
            /** @description which alert, anomaly, rule, silence or version */
            readonly ref: string;
            readonly severity: string;
            readonly text: string;
            readonly title: string;
        };
        readonly Feedback: {
            readonly precision: number | null;
            readonly right: number;
            readonly wrong: number;
        };
        readonly Fire: {
            /** @description unix seconds */
            readonly fired_at: number;
            /** @description label names use letters, digits and _; an empty value means no label */
            readonly labels: {
                readonly [key: string]: string;
            };
            readonly metric: string;
            readonly pages: number;
            /** @description unix seconds */
            readonly resolved_at: number | null;
            readonly series: number | null;
            /** @description unix seconds */
            readonly started_at: number;
            readonly value: number | null;
        };
        readonly FirstSteps: {
            readonly address: string;
            readonly token: string;
        };
        readonly HistorySeries: {
            /** @description what it shows, where several were asked for */
            readonly agg?: string;
            readonly id: number;
            /** @description label names use letters, digits and _; an empty value means no label */
            readonly labels: {
                readonly [key: string]: string;
            };
            readonly name: string;
            readonly timestamps: readonly number[];
            readonly values: readonly (number | null)[];
        };
        readonly Host: {
            readonly name: string;
            readonly signals: {
                readonly [key: string]: {
                    readonly line: readonly (number | null)[];
                    readonly metric: string;
                    readonly now: number | null;
                    readonly unit: string;
                };
            };
        };
        readonly ListedSilence: {
            /** @description ids of the open alerts that it keeps quiet now */
            readonly alerts: readonly number[];
            /** @description unix seconds */
            readonly created_at: number;
            readonly created_by: string;
            /** @description unix seconds */
            readonly ends_at: number;
            readonly id: number;
            /** @description conditions such as rule="x" or host=~"web.*" */
            readonly matchers: readonly string[];
            readonly reason: string;
            /** @description unix seconds */
            readonly starts_at: number;
            /** @enum {string} */
            readonly state: "pending" | "active" | "ended";
        };
        readonly MaintenanceWindow: {
            /** @description a time of the clock, such as 22:30 */
            readonly begins: string;
            readonly days: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
            /** @description such as 2h, at most 7d */
            readonly duration: string;
            /** @default true */
            readonly enabled: boolean;
            readonly id: number;
            /** @description conditions such as rule="x" or host=~"web.*" */
            readonly matchers: readonly string[];
            readonly name: string;
            /** @description whether it is open now */
            readonly open: boolean;
            /**
             * @description such as Europe/Berlin
             * @default UTC
             */
            readonly timezone: string;
        };
        readonly Model: {
            /** @description unix seconds */
            readonly created_at: number;
            readonly description: string;
            readonly field_size: number;
            readonly iteration: number;
            readonly loss: number | null;
            readonly production: boolean;
            readonly seed: number;
            readonly series: readonly string[];
            readonly sha256: string;
            readonly size_bytes: number;
            readonly step_seconds: number;
            readonly version: string;
        };
        readonly Name: {
            readonly help?: string;
            readonly name: string;
            readonly series: number;
            readonly type?: string;
            readonly unit?: string;
        };
        readonly Part: {
            /** @description seconds since it was last heard of */
            readonly age?: number;
            /** @description why, in words; not told to strangers */
            readonly detail?: string;
            /** @description unix seconds: when the state began */
            readonly since?: number;
            /** @enum {string} */
            readonly state: "ok" | "degraded" | "down" | "off";
        };
        readonly Problem: {
            readonly code: string;
            readonly detail: string;
            readonly errors?: readonly {
                readonly field: string;
                readonly index: number | null;
                readonly reason: string;
            }[];
            readonly status: number;
            readonly title: string;
            readonly type: string;
        };
        readonly Queue: {
            /** @description seconds that the first has waited */
            readonly age: number | null;
            /** @description seconds that it is behind what is meant */
            readonly lag: number;
            readonly late: boolean;
            /** @description samples; pages of notifications */
            readonly waiting: number;
        };
        readonly Replay: {
            readonly anomalies: readonly components["schemas"]["Anomaly"][];
            /** @description of every alert, the oldest first; those before the span too where the alert was open then */
            readonly changes: readonly components["schemas"]["AlertChange"][];
            readonly cut: readonly string[];
            /** @description unix seconds */
            readonly end: number;
            readonly environment: string;
            readonly events: readonly components["schemas"]["Event"][];
            readonly hostname: string;
            /** @description unix seconds */
            readonly made_at: number;
            readonly series: readonly components["schemas"]["HistorySeries"][];
            /** @description those that held within the span, with the ids of the alerts they meant */
            readonly silences: readonly {
                readonly alerts: readonly number[];
                /** @description unix seconds */
                readonly ends_at: number;
                readonly id: number;
                /** @description unix seconds */
                readonly starts_at: number;
            }[];
            /** @description unix seconds */
            readonly start: number;
            /** @description seconds a point */
            readonly step: number;
            readonly version: string;
        };
        readonly Rule: {
            /**
             * @default last
             * @enum {string}
             */
            readonly aggregate: "avg" | "min" | "max" | "sum" | "count" | "last" | "rate" | "p50" | "p90" | "p95" | "p99" | "absent";
            /** @description may hold {{ value }}, {{ labels.NAME }}, … */
            readonly annotations: {
                readonly [key: string]: string;
            };
            readonly channels: readonly string[];
            /** @description it ends only beyond this */
            readonly clear_threshold: number | null;
            /** @description such as 5m or 1h30m */
            readonly cooldown: string;
            /** @description unix seconds */
            readonly created_at: number;
            /** @default true */
            readonly enabled: boolean;
            /** @description such as 5m or 1h30m */
            readonly escalate_after: string;
            readonly escalate_to: readonly string[];
            /** @description such as 5m or 1h30m */
            readonly for: string;
            /**
             * @default [
             *       "rule"
             *     ]
             */
            readonly group_by: readonly string[];
            /** @description such as 5m or 1h30m */
            readonly group_interval: string;
            /** @description such as 5m or 1h30m */
            readonly group_wait: string;
            readonly id: number;
            /** @description such as 5m or 1h30m */
            readonly keep_firing_for: string;
            /** @description label names use letters, digits and _; an empty value means no label */
            readonly labels: {
                readonly [key: string]: string;
            };
            readonly name: string;
            /**
             * @default ok
             * @enum {string}
             */
            readonly no_data: "ok" | "alert" | "keep";
            /**
             * @default samples
             * @enum {string}
             */
            readonly on: "samples" | "anomaly";
            /** @enum {string} */
            readonly op: ">" | ">=" | "<" | "<=" | "==" | "!=";
            /** @description such as 5m or 1h30m */
            readonly repeat_interval: string;
            /** @description as in Prometheus: name{label="x"} */
            readonly selector: string;
            /**
             * @default warning
             * @enum {string}
             */
            readonly severity: "info" | "warning" | "critical";
            /** @description the file it stands in; empty for one of the API */
            readonly source: string;
            readonly threshold: number;
            /** @description unix seconds */
            readonly updated_at: number;
            /** @description such as 5m or 1h30m */
            readonly window: string;
        };
        readonly RuleFile: {
            readonly error: string;
            readonly path: string;
            /** @description unix seconds */
            readonly read_at: number;
            readonly rules: number;
        };
        readonly Series: {
            /** @description unix seconds */
            readonly first: number;
            readonly help?: string;
            readonly id: number;
            /** @description label names use letters, digits and _; an empty value means no label */
            readonly labels: {
                readonly [key: string]: string;
            };
            /** @description unix seconds */
            readonly last: number;
            readonly name: string;
            readonly type?: string;
            readonly unit?: string;
        };
        readonly Services: {
            /** @description unix seconds */
            readonly at: number;
            /** @description false while the last hour is still being read after a start */
            readonly complete: boolean;
            /** @description whether any `…cost…_total` is sent */
            readonly costs: boolean;
            readonly hosts?: readonly components["schemas"]["Host"][];
            readonly lines?: {
                readonly errors: readonly (readonly (number | null)[])[];
                readonly every: readonly number[];
                readonly latency: readonly (readonly (number | null)[])[];
                readonly match: readonly string[];
                readonly metrics: readonly {
                    readonly errors?: string;
                    readonly latency?: string;
                    readonly saturation?: string;
                    readonly traffic?: string;
                }[];
                readonly offset: number;
                readonly saturation: readonly (readonly (number | null)[])[];
                readonly traffic: readonly (readonly (number | null)[])[];
            };
            /** @description metrics of no service, the newest first */
            readonly others: {
                readonly count: number;
                readonly names: readonly string[];
            };
            readonly services: {
                readonly age: readonly number[];
                readonly errors: readonly (number | null)[];
                readonly latency: readonly (number | null)[];
                readonly name: readonly string[];
                readonly saturation: readonly (number | null)[];
                readonly standing: readonly ("critical" | "warning" | "unknown" | "ok")[];
                readonly traffic: readonly (number | null)[];
                /** @description what is wrong, by place in the columns: the signals that suffer, and the `alert` or `anomaly` that is worst */
                readonly troubles: {
                    readonly [key: string]: components["schemas"]["ServiceTrouble"];
                };
                readonly units: readonly string[];
            };
            /** @description how many services stand how */
            readonly standing: {
                readonly critical: number;
                readonly ok: number;
                readonly unknown: number;
                readonly warning: number;
            };
            /** @description where the first step of a line begins */
            readonly start: number;
            /** @description seconds a point of a line */
            readonly step: number;
        };
        readonly ServiceTrouble: {
            readonly alert?: number;
            readonly anomaly?: number;
            readonly signals: {
                /** @enum {string} */
                readonly errors?: "critical" | "warning" | "unknown" | "ok";
                /** @enum {string} */
                readonly latency?: "critical" | "warning" | "unknown" | "ok";
                /** @enum {string} */
                readonly saturation?: "critical" | "warning" | "unknown" | "ok";
                /** @enum {string} */
                readonly traffic?: "critical" | "warning" | "unknown" | "ok";
            };
        };
        readonly Session: {
            readonly address: string;
            /** @description the browser, in its own words */
            readonly agent: string;
            /** @description unix seconds */
            readonly created_at: number;
            /** @description whether this request comes by it */
            readonly current: boolean;
            /** @description unix seconds */
            readonly expires_at: number;
            readonly id: number;
            /** @enum {string} */
            readonly kind: "user" | "token";
            readonly name: string;
        };
        readonly Silence: {
            /** @description unix seconds */
            readonly created_at: number;
            readonly created_by: string;
            /** @description unix seconds */
            readonly ends_at: number;
            readonly id: number;
            /** @description conditions such as rule="x" or host=~"web.*" */
            readonly matchers: readonly string[];
            readonly reason: string;
            /** @description unix seconds */
            readonly starts_at: number;
            /** @enum {string} */
            readonly state: "pending" | "active" | "ended";
        };
        readonly Skill: {
            readonly compared: number;
            readonly error: {
                readonly [key: string]: number | null;
            };
            readonly seconds: number;
        };
        readonly Status: {
            readonly consoles: number;
            /** @description `age` of its latest word in seconds, commits it is `behind` */
            readonly judge: {
                readonly age: number | null;
                readonly behind: number | null;
            };
            readonly parts: {
                readonly [key: string]: components["schemas"]["Part"];
            };
            /** @description what waits for the judge, the sealer and the notifications; null while the database is away */
            readonly queues: {
                readonly [key: string]: components["schemas"]["Queue"];
            } | null;
            readonly samples_per_second: number;
            /** @description journal position */
            readonly seq: number;
            readonly series: number;
            /** @description bytes: history, disk free and total */
            readonly storage: {
                readonly free: number;
                readonly history: number | null;
                readonly total: number;
            };
            /** @description seconds */
            readonly uptime: number;
            readonly version: string;
            readonly versions: {
                readonly [key: string]: string;
            };
        };
        readonly Target: {
            /** @enum {string|null} */
            readonly authorization: "bearer" | "basic" | null;
            readonly body_size_limit: number;
            /** @description null for those of SCRAPE_FILE */
            readonly id: number | null;
            readonly interval: number;
            readonly label_limit: number | null;
            /** @description label names use letters, digits and _; an empty value means no label */
            readonly labels: {
                readonly [key: string]: string;
            };
            /** @enum {string} */
            readonly origin: "api" | "file";
            readonly sample_limit: number;
            readonly state: {
                /** @description seconds */
                readonly duration: number | null;
                readonly last_error: string | null;
                /** @description unix seconds */
                readonly last_scrape: number | null;
                readonly left_out: {
                    readonly [key: string]: number;
                };
                /** @description on the last page */
                readonly samples: number;
                /** @description null before the first scrape */
                readonly up: boolean | null;
            };
            readonly timeout: number;
            readonly url: string;
        };
        readonly Token: {
            /** @description unix seconds */
            readonly created_at: number;
            readonly expires_at: number | null;
            readonly id: number;
            readonly name: string;
            readonly scopes: readonly string[];
        };
        readonly Training: {
            readonly ahead_seconds?: number;
            readonly detail: string;
            /** @description times the field ran away and was begun anew */
            readonly divergences: number;
            /** @description units */
            readonly field_size: number | null;
            /** @description steps of training done */
            readonly iteration: number;
            /** @description squared one-step error over the series' variance */
            readonly loss: number | null;
            readonly match?: readonly string[];
            /** @description the saved version that it goes on from */
            readonly model_version: string | null;
            /** @enum {string} */
            readonly phase: "idle" | "waiting" | "history" | "live";
            /** @description 0 to 1 while history is learned */
            readonly progress: number | null;
            readonly reported_at: number | null;
            /** @description 1 / (1 + loss) */
            readonly reward: number | null;
            readonly running: boolean;
            readonly seed?: number;
            readonly series: readonly components["schemas"]["Watched"][];
            /** @description errors beside plain forecasts, in standard deviations, for each horizon */
            readonly skill: readonly components["schemas"]["Skill"][];
            /** @description the worker has not reported for 10 s */
            readonly stale: boolean;
            /** @description of each unit, -1 to 1 */
            readonly state: readonly number[];
            readonly step_seconds?: number;
            /** @description of the field's state */
            readonly variance: number;
        };
        readonly Tuning: {
            /** @description nothing is said of it */
            readonly muted: boolean;
            /** @description 2 finds at half the evidence, 0.5 at twice */
            readonly sensitivity: number;
        };
        readonly User: {
            /** @description unix seconds */
            readonly changed_at: number;
            /** @description unix seconds */
            readonly created_at: number;
            /** @description unix seconds */
            readonly disabled_at: number | null;
            readonly has_password: boolean;
            readonly id: number;
            readonly name: string;
            /** @description signs in through the OpenID provider */
            readonly openid: boolean;
            /** @enum {string} */
            readonly role: "viewer" | "editor" | "admin";
            /** @description unix seconds */
            readonly signed_in_at: number | null;
        };
        readonly Usual: {
            readonly high: readonly number[];
            readonly id: number;
            readonly low: readonly number[];
            readonly timestamps: readonly number[];
        };
        readonly Watched: {
            /** @description the line ahead of now, where it is proven; else empty */
            readonly ahead: {
                readonly high?: readonly number[];
                readonly low?: readonly number[];
                readonly timestamps?: readonly number[];
                readonly value?: readonly number[];
            };
            readonly at: number | null;
            /** @description as `skill`, of this series alone: one step on, and the far horizon */
            readonly error: readonly {
                readonly [key: string]: number | null;
            }[];
            readonly forecast: {
                /** @description one step on, and the far horizon */
                readonly high: readonly (number | null)[];
                /** @description one step on, and the far horizon */
                readonly low: readonly (number | null)[];
                /** @description one step on, and the far horizon */
                readonly value: readonly (number | null)[];
            };
            readonly id: number;
            /** @description label names use letters, digits and _; an empty value means no label */
            readonly labels: {
                readonly [key: string]: string;
            };
            readonly name: string;
            readonly now: number | null;
            /** @description whether the field does better than each plain forecast, by horizon */
            readonly proven: readonly boolean[];
        };
    };
    responses: {
        /** @description can't be read */
        readonly Problem400: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description no valid credential */
        readonly Problem401: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description the credential's scope does not reach */
        readonly Problem403: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description no such thing */
        readonly Problem404: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description it does not fit what there is already */
        readonly Problem409: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description too large */
        readonly Problem413: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description not this content type */
        readonly Problem415: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description readable and not valid; nothing of the request was stored */
        readonly Problem422: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description over the rate limit; wait Retry-After seconds */
        readonly Problem429: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description can't be done now; try again after Retry-After seconds */
        readonly Problem503: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readonly get_api_openapi_json: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description done */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": unknown;
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_train: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description the field to train; what is left out stays as it was */
        readonly requestBody?: {
            readonly content: {
                /**
                 * @example {
                 *       "field_size": 128,
                 *       "seed": 1
                 *     }
                 */
                readonly "application/json": {
                    /** @default 128 */
                    readonly field_size?: number;
                    /** @description selectors; the first 16 series that they mean are watched */
                    readonly match?: readonly string[] | string | null;
                    /** @default 0 */
                    readonly seed?: number;
                    /**
                     * @description seconds a step, or 5s, 1m; 1 to 300
                     * @default 1
                     */
                    readonly step?: number | string;
                };
            };
        };
        readonly responses: {
            /** @description how the training does */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Training"];
                };
            };
            /** @description how the training does */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Training"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_account: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description whoever asks */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @enum {string} */
                        readonly kind: "user" | "token";
                        readonly name: string;
                        /** @description of a user; empty for a token */
                        readonly role: string;
                        readonly scopes: readonly string[];
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_account_password: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description the password in use and the new one */
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly current: string;
                    readonly password: string;
                };
            };
        };
        readonly responses: {
            /** @description done */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_alert_rules: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description all rules; `files` says how those of RULES_DIR were read */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly alert_rules: readonly components["schemas"]["Rule"][];
                        readonly files: readonly components["schemas"]["RuleFile"][];
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_alert_rules: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description the rule; all but four fields have defaults */
        readonly requestBody: {
            readonly content: {
                /**
                 * @example {
                 *       "name": "Answers are slow",
                 *       "selector": "latency_seconds{service=\"chat\"}",
                 *       "aggregate": "p95",
                 *       "window": "5m",
                 *       "op": ">",
                 *       "threshold": 2,
                 *       "clear_threshold": 1.5,
                 *       "for": "1m",
                 *       "severity": "critical",
                 *       "annotations": {
                 *         "summary": "{{ value }} s on {{ labels.service }}"
                 *       }
                 *     }
                 */
                readonly "application/json": {
                    /**
                     * @default last
                     * @enum {string|null}
                     */
                    readonly aggregate?: "avg" | "min" | "max" | "sum" | "count" | "last" | "rate" | "p50" | "p90" | "p95" | "p99" | "absent" | null;
                    /** @description may hold {{ value }}, {{ labels.NAME }}, … */
                    readonly annotations?: {
                        readonly [key: string]: string;
                    } | null;
                    readonly channels?: readonly string[] | null;
                    /** @description it ends only beyond this */
                    readonly clear_threshold?: number | null;
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 30m
                     */
                    readonly cooldown?: string | number | null;
                    /** @default true */
                    readonly enabled?: boolean | null;
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 0s
                     */
                    readonly escalate_after?: string | number | null;
                    readonly escalate_to?: readonly string[] | null;
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 0s
                     */
                    readonly for?: string | number | null;
                    /**
                     * @default [
                     *       "rule"
                     *     ]
                     */
                    readonly group_by?: readonly string[] | null;
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 0s
                     */
                    readonly group_interval?: string | number | null;
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 0s
                     */
                    readonly group_wait?: string | number | null;
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 0s
                     */
                    readonly keep_firing_for?: string | number | null;
                    /** @description label names use letters, digits and _; an empty value means no label */
                    readonly labels?: {
                        readonly [key: string]: string;
                    } | null;
                    readonly name: string;
                    /**
                     * @default ok
                     * @enum {string|null}
                     */
                    readonly no_data?: "ok" | "alert" | "keep" | null;
                    /**
                     * @default samples
                     * @enum {string|null}
                     */
                    readonly on?: "samples" | "anomaly" | null;
                    /** @enum {string} */
                    readonly op: ">" | ">=" | "<" | "<=" | "==" | "!=";
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 4h
                     */
                    readonly repeat_interval?: string | number | null;
                    /** @description as in Prometheus: name{label="x"} */
                    readonly selector: string;
                    /**
                     * @default warning
                     * @enum {string|null}
                     */
                    readonly severity?: "info" | "warning" | "critical" | null;
                    readonly threshold: number;
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 1m
                     */
                    readonly window?: string | number | null;
                };
            };
        };
        readonly responses: {
            /** @description the rule with everything it is judged by */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Rule"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_alert_rules_rule_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly rule_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the rule with everything it is judged by */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Rule"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly put_api_v1_alert_rules_rule_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly rule_id: number;
            };
            readonly cookie?: never;
        };
        /** @description the whole rule as it shall be */
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /**
                     * @default last
                     * @enum {string|null}
                     */
                    readonly aggregate?: "avg" | "min" | "max" | "sum" | "count" | "last" | "rate" | "p50" | "p90" | "p95" | "p99" | "absent" | null;
                    /** @description may hold {{ value }}, {{ labels.NAME }}, … */
                    readonly annotations?: {
                        readonly [key: string]: string;
                    } | null;
                    readonly channels?: readonly string[] | null;
                    /** @description it ends only beyond this */
                    readonly clear_threshold?: number | null;
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 30m
                     */
                    readonly cooldown?: string | number | null;
                    /** @default true */
                    readonly enabled?: boolean | null;
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 0s
                     */
                    readonly escalate_after?: string | number | null;
                    readonly escalate_to?: readonly string[] | null;
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 0s
                     */
                    readonly for?: string | number | null;
                    /**
                     * @default [
                     *       "rule"
                     *     ]
                     */
                    readonly group_by?: readonly string[] | null;
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 0s
                     */
                    readonly group_interval?: string | number | null;
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 0s
                     */
                    readonly group_wait?: string | number | null;
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 0s
                     */
                    readonly keep_firing_for?: string | number | null;
                    /** @description label names use letters, digits and _; an empty value means no label */
                    readonly labels?: {
                        readonly [key: string]: string;
                    } | null;
                    readonly name: string;
                    /**
                     * @default ok
                     * @enum {string|null}
                     */
                    readonly no_data?: "ok" | "alert" | "keep" | null;
                    /**
                     * @default samples
                     * @enum {string|null}
                     */
                    readonly on?: "samples" | "anomaly" | null;
                    /** @enum {string} */
                    readonly op: ">" | ">=" | "<" | "<=" | "==" | "!=";
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 4h
                     */
                    readonly repeat_interval?: string | number | null;
                    /** @description as in Prometheus: name{label="x"} */
                    readonly selector: string;
                    /**
                     * @default warning
                     * @enum {string|null}
                     */
                    readonly severity?: "info" | "warning" | "critical" | null;
                    readonly threshold: number;
                    /**
                     * @description 30s, 5m, 1h30m; or seconds
                     * @default 1m
                     */
                    readonly window?: string | number | null;
                };
            };
        };
        readonly responses: {
            /** @description the rule with everything it is judged by */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Rule"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly delete_api_v1_alert_rules_rule_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly rule_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description done */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_alert_rules_backtest: {
        readonly parameters: {
            readonly query?: {
                /** @description a line of JSON for every step: {"progress": 0.4}, and the answer as the last */
                readonly stream?: "true" | "false";
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description the rule and the past to try it on */
        readonly requestBody: {
            readonly content: {
                /**
                 * @example {
                 *       "rule": {
                 *         "name": "Answers are slow",
                 *         "selector": "latency_seconds{service=\"chat\"}",
                 *         "aggregate": "p95",
                 *         "window": "5m",
                 *         "op": ">",
                 *         "threshold": 2,
                 *         "clear_threshold": 1.5,
                 *         "for": "1m",
                 *         "severity": "critical",
                 *         "annotations": {
                 *           "summary": "{{ value }} s on {{ labels.service }}"
                 *         }
                 *       }
                 *     }
                 */
                readonly "application/json": {
                    /** @description unix seconds; now when absent */
                    readonly end?: number;
                    /** @description thresholds to try in place of the rule's own: the answer is how often it would have paged at each */
                    readonly limits?: readonly number[];
                    readonly rule: {
                        /**
                         * @default last
                         * @enum {string|null}
                         */
                        readonly aggregate?: "avg" | "min" | "max" | "sum" | "count" | "last" | "rate" | "p50" | "p90" | "p95" | "p99" | "absent" | null;
                        /** @description may hold {{ value }}, {{ labels.NAME }}, … */
                        readonly annotations?: {
                            readonly [key: string]: string;
                        } | null;
                        readonly channels?: readonly string[] | null;
                        /** @description it ends only beyond this */
                        readonly clear_threshold?: number | null;
                        /**
                         * @description 30s, 5m, 1h30m; or seconds
                         * @default 30m
                         */
                        readonly cooldown?: string | number | null;
                        /** @default true */
                        readonly enabled?: boolean | null;
                        /**
                         * @description 30s, 5m, 1h30m; or seconds
                         * @default 0s
                         */
                        readonly escalate_after?: string | number | null;
                        readonly escalate_to?: readonly string[] | null;
                        /**
                         * @description 30s, 5m, 1h30m; or seconds
                         * @default 0s
                         */
                        readonly for?: string | number | null;
                        /**
                         * @default [
                         *       "rule"
                         *     ]
                         */
                        readonly group_by?: readonly string[] | null;
                        /**
                         * @description 30s, 5m, 1h30m; or seconds
                         * @default 0s
                         */
                        readonly group_interval?: string | number | null;
                        /**
                         * @description 30s, 5m, 1h30m; or seconds
                         * @default 0s
                         */
                        readonly group_wait?: string | number | null;
                        /**
                         * @description 30s, 5m, 1h30m; or seconds
                         * @default 0s
                         */
                        readonly keep_firing_for?: string | number | null;
                        /** @description label names use letters, digits and _; an empty value means no label */
                        readonly labels?: {
                            readonly [key: string]: string;
                        } | null;
                        readonly name: string;
                        /**
                         * @default ok
                         * @enum {string|null}
                         */
                        readonly no_data?: "ok" | "alert" | "keep" | null;
                        /**
                         * @default samples
                         * @enum {string|null}
                         */
                        readonly on?: "samples" | "anomaly" | null;
                        /** @enum {string} */
                        readonly op: ">" | ">=" | "<" | "<=" | "==" | "!=";
                        /**
                         * @description 30s, 5m, 1h30m; or seconds
                         * @default 4h
                         */
                        readonly repeat_interval?: string | number | null;
                        /** @description as in Prometheus: name{label="x"} */
                        readonly selector: string;
                        /**
                         * @default warning
                         * @enum {string|null}
                         */
                        readonly severity?: "info" | "warning" | "critical" | null;
                        readonly threshold: number;
                        /**
                         * @description 30s, 5m, 1h30m; or seconds
                         * @default 1m
                         */
                        readonly window?: string | number | null;
                    };
                    /** @description unix seconds; 7 days before end when absent */
                    readonly start?: number;
                };
            };
        };
        readonly responses: {
            /** @description what the rule would have done; with limits, how often it would have paged at each */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Backtest"] | components["schemas"]["Curve"];
                    readonly "application/x-ndjson": unknown;
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_alerts: {
        readonly parameters: {
            readonly query?: {
                /** @description the `next` of the page before */
                readonly after?: number;
                /** @description page size */
                readonly limit?: number;
                /** @description only of the rule of this name */
                readonly rule?: string;
                /** @description which alerts; open are those that are pending or firing */
                readonly state?: "open" | "pending" | "firing" | "resolved" | "all";
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description alerts, the newest first */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly alerts: readonly components["schemas"]["Alert"][];
                        /** @description how many channels can be told */
                        readonly channels: number;
                        readonly next?: number;
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_alerts_alert_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly alert_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the alert */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Alert"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_alerts_alert_id_ack: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly alert_id: number;
            };
            readonly cookie?: never;
        };
        /** @description who has it */
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": {
                    /** @description who has it; your token's name when absent */
                    readonly by?: string | null;
                };
            };
        };
        readonly responses: {
            /** @description the alert */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Alert"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_alerts_history: {
        readonly parameters: {
            readonly query?: {
                /** @description the `next` of the page before */
                readonly after?: number;
                /** @description only of this alert */
                readonly alert?: number;
                /** @description unix seconds */
                readonly end?: number;
                /** @description page size */
                readonly limit?: number;
                /** @description only of the rule of this name */
                readonly rule?: string;
                /** @description only what this silence hid */
                readonly silence?: number;
                /** @description unix seconds */
                readonly start?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description who knew what when, the newest first */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly events: readonly components["schemas"]["AlertChange"][];
                        readonly next?: number;
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_anomalies: {
        readonly parameters: {
            readonly query?: {
                /** @description the `next` of the page before */
                readonly after?: number;
                /** @description unix seconds: those that had begun */
                readonly end?: number;
                /** @description only those that began together */
                readonly group?: string;
                /** @description page size */
                readonly limit?: number;
                /** @description only of this metric */
                readonly metric?: string;
                /** @description only of the series with this id */
                readonly series?: number;
                /** @description only of this severity */
                readonly severity?: "low" | "medium" | "high" | "critical";
                /** @description unix seconds: those that lasted then or later */
                readonly start?: number;
                /** @description which anomalies */
                readonly state?: "all" | "open" | "ended";
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description anomalies, the newest first; `feedback` is what people said of all so far */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly anomalies: readonly components["schemas"]["Anomaly"][];
                        readonly feedback: components["schemas"]["Feedback"];
                        readonly next?: number;
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_anomalies_anomaly_id_feedback: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly anomaly_id: number;
            };
            readonly cookie?: never;
        };
        /** @description whether it was one */
        readonly requestBody: {
            readonly content: {
                /**
                 * @example {
                 *       "verdict": "right"
                 *     }
                 */
                readonly "application/json": {
                    readonly by?: string;
                    /** @enum {string} */
                    readonly verdict: "right" | "wrong";
                };
            };
        };
        readonly responses: {
            /** @description the anomaly */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Anomaly"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_anomalies_series_series_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly series_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description how closely a series is watched */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Tuning"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly put_api_v1_anomalies_series_series_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly series_id: number;
            };
            readonly cookie?: never;
        };
        /** @description what changes; what is left out stays */
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /** @description nothing is said of it */
                    readonly muted?: boolean;
                    /** @description 2 finds at half the evidence, 0.5 at twice */
                    readonly sensitivity?: number;
                };
            };
        };
        readonly responses: {
            /** @description how closely a series is watched */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Tuning"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_audit: {
        readonly parameters: {
            readonly query?: {
                /** @description a part of what was done */
                readonly action?: string;
                /** @description a part of who did it */
                readonly actor?: string;
                /** @description the `next` of the page before */
                readonly after?: number;
                /** @description unix seconds */
                readonly end?: number;
                /** @description csv and jsonl to keep */
                readonly format?: "json" | "jsonl" | "csv";
                /** @description page size */
                readonly limit?: number;
                /** @description unix seconds */
                readonly start?: number;
                /** @description a part of the path */
                readonly target?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the newest first; JSON lines or CSV where `format` asks for them */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly audit: readonly components["schemas"]["Deed"][];
                        readonly next: number | null;
                    };
                    readonly "application/x-ndjson": string;
                    readonly "text/csv": string;
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_boards: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description boards by name */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly boards: readonly components["schemas"]["Board"][];
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_boards: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description the board */
        readonly requestBody: {
            readonly content: {
                /**
                 * @example {
                 *       "name": "Chat",
                 *       "view": {
                 *         "range": "1h",
                 *         "names": [
                 *           "http_requests_total"
                 *         ],
                 *         "split": "status"
                 *       }
                 *     }
                 */
                readonly "application/json": {
                    readonly name: string;
                    /**
                     * @description format of an exported file
                     * @enum {integer}
                     */
                    readonly quadra_board?: 1;
                    readonly view?: {
                        /** @description how single charts are drawn, by name */
                        readonly charts?: {
                            readonly [key: string]: {
                                readonly log?: boolean;
                                readonly raw?: boolean;
                                readonly stack?: boolean;
                            };
                        };
                        /**
                         * @default
                         * @enum {string}
                         */
                        readonly compare?: "" | "day" | "week";
                        readonly filters?: readonly {
                            readonly label: string;
                            /**
                             * @default =
                             * @enum {string}
                             */
                            readonly op: "=" | "!=";
                            readonly values: readonly string[];
                        }[];
                        /** @description a chart each: a metric, a pattern with *, or several joined by +; empty for all metrics */
                        readonly names?: readonly string[];
                        /**
                         * @description own: as `names` has them
                         * @default unusual
                         * @enum {string}
                         */
                        readonly order?: "unusual" | "name" | "own";
                        /** @description a chart for each of its values */
                        readonly per?: string;
                        /**
                         * @description such as 5m, 1h or 137s
                         * @default 1h
                         */
                        readonly range?: string;
                        /** @description a line for each of its values */
                        readonly split?: string;
                    };
                };
            };
        };
        readonly responses: {
            /** @description the board */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Board"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_boards_board_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly board_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the board */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Board"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly put_api_v1_boards_board_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly board_id: number;
            };
            readonly cookie?: never;
        };
        /** @description the board anew */
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly name: string;
                    /**
                     * @description format of an exported file
                     * @enum {integer}
                     */
                    readonly quadra_board?: 1;
                    /** @description the one that was read: 409 when changed since */
                    readonly revision?: number | null;
                    readonly view?: {
                        /** @description how single charts are drawn, by name */
                        readonly charts?: {
                            readonly [key: string]: {
                                readonly log?: boolean;
                                readonly raw?: boolean;
                                readonly stack?: boolean;
                            };
                        };
                        /**
                         * @default
                         * @enum {string}
                         */
                        readonly compare?: "" | "day" | "week";
                        readonly filters?: readonly {
                            readonly label: string;
                            /**
                             * @default =
                             * @enum {string}
                             */
                            readonly op: "=" | "!=";
                            readonly values: readonly string[];
                        }[];
                        /** @description a chart each: a metric, a pattern with *, or several joined by +; empty for all metrics */
                        readonly names?: readonly string[];
                        /**
                         * @description own: as `names` has them
                         * @default unusual
                         * @enum {string}
                         */
                        readonly order?: "unusual" | "name" | "own";
                        /** @description a chart for each of its values */
                        readonly per?: string;
                        /**
                         * @description such as 5m, 1h or 137s
                         * @default 1h
                         */
                        readonly range?: string;
                        /** @description a line for each of its values */
                        readonly split?: string;
                    };
                };
            };
        };
        readonly responses: {
            /** @description the board */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Board"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            /** @description somebody has changed it meanwhile */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly delete_api_v1_boards_board_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly board_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description done */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_boards_board_id_restore: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly board_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the board */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Board"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_channels: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the channels */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly channels: readonly components["schemas"]["Channel"][];
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_channels: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description where to tell */
        readonly requestBody: {
            readonly content: {
                /**
                 * @example {
                 *       "name": "on-call",
                 *       "kind": "webhook",
                 *       "url": "https://hooks.example.org/quadra"
                 *     }
                 */
                readonly "application/json": {
                    /** @default true */
                    readonly enabled?: boolean;
                    /** @enum {string} */
                    readonly kind: "webhook" | "slack" | "email" | "apprise";
                    readonly name: string;
                    /** @description signs a webhook; a bot's token for slack; a mail password */
                    readonly secret?: string;
                    /** @description slack: channel (with a bot's token); email: to (a list), from; every kind: matchers, a list of conditions such as team="ml" that all must hold for an alert whose rule names no channel */
                    readonly settings?: Record<string, never>;
                    /** @description http(s) for webhook and slack; smtp://, smtp+starttls:// or smtps:// for email; an Apprise address for apprise */
                    readonly url: string;
                };
            };
        };
        readonly responses: {
            /** @description the channel, without address and secret */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Channel"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_channels_channel_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly channel_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the channel, without address and secret */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Channel"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly put_api_v1_channels_channel_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly channel_id: number;
            };
            readonly cookie?: never;
        };
        /** @description what changes; what is left out stays */
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /** @default true */
                    readonly enabled?: boolean;
                    /** @enum {string} */
                    readonly kind?: "webhook" | "slack" | "email" | "apprise";
                    readonly name?: string;
                    /** @description signs a webhook; a bot's token for slack; a mail password */
                    readonly secret?: string;
                    /** @description slack: channel (with a bot's token); email: to (a list), from; every kind: matchers, a list of conditions such as team="ml" that all must hold for an alert whose rule names no channel */
                    readonly settings?: Record<string, never>;
                    /** @description http(s) for webhook and slack; smtp://, smtp+starttls:// or smtps:// for email; an Apprise address for apprise */
                    readonly url?: string;
                };
            };
        };
        readonly responses: {
            /** @description the channel, without address and secret */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Channel"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly delete_api_v1_channels_channel_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly channel_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description done */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_channels_channel_id_test: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly channel_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description how the test went */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly delivered: boolean;
                        /** @description why not, or empty */
                        readonly detail: string;
                        /** @description until it was taken */
                        readonly seconds?: number;
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_drill: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description which channels to try */
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": {
                    /** @description all that are on when absent */
                    readonly channels?: readonly string[];
                };
            };
        };
        readonly responses: {
            /** @description how the drill went */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Drilled"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_events: {
        readonly parameters: {
            readonly query?: {
                /** @description the `next` of the page before */
                readonly after?: number;
                /** @description unix seconds; now when absent */
                readonly end?: number;
                /** @description only of these kinds; may be given several times */
                readonly kind?: readonly string[];
                /** @description page size */
                readonly limit?: number;
                /** @description unix seconds; an hour before `end` when absent */
                readonly start?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description events, the newest first */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly events: readonly components["schemas"]["Event"][];
                        readonly next?: number;
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_events: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description a mark */
        readonly requestBody: {
            readonly content: {
                /**
                 * @example {
                 *       "title": "chat-api deployed",
                 *       "text": "4f2c91",
                 *       "labels": {
                 *         "service": "chat-api"
                 *       }
                 *     }
                 */
                readonly "application/json": {
                    /** @description unix seconds; now when absent */
                    readonly at?: number;
                    readonly by?: string;
                    /**
                     * @description alert_fired, alert_cleared, anomaly, model, restart, rule, silence are Quadra's own; deploy, flag, config, incident and any other word people's
                     * @default deploy
                     */
                    readonly kind?: string;
                    /** @description label names use letters, digits and _; an empty value means no label */
                    readonly labels?: {
                        readonly [key: string]: string;
                    };
                    readonly text?: string;
                    readonly title: string;
                };
            };
        };
        readonly responses: {
            /** @description the event */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Event"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_first_steps: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description what the snippets show */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["FirstSteps"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_forecasts: {
        readonly parameters: {
            readonly query?: {
                /** @description only of the series with this id */
                readonly series?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description what is foretold now, by series */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description when it was foretold, unix seconds */
                        readonly at: number | null;
                        readonly forecasts: readonly components["schemas"]["Watched"][];
                        readonly running: boolean;
                        readonly stale: boolean;
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_heartbeat: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the beat */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description seconds since rules were last evaluated; null if never */
                        readonly beat_age: number | null;
                        readonly evaluating: boolean;
                        /** @description newest position */
                        readonly head: number;
                        /** @description journal position, as last kept */
                        readonly judged: number;
                    };
                };
            };
            /** @description the beat */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description seconds since rules were last evaluated; null if never */
                        readonly beat_age: number | null;
                        readonly evaluating: boolean;
                        /** @description newest position */
                        readonly head: number;
                        /** @description journal position, as last kept */
                        readonly judged: number;
                    };
                };
            };
        };
    };
    readonly get_api_v1_history: {
        readonly parameters: {
            readonly query?: {
                /** @description what a step shows */
                readonly agg?: "avg" | "min" | "max" | "sum" | "count" | "last" | "rate" | "p50" | "p90" | "p95" | "p99";
                /** @description unix seconds; now when absent */
                readonly end?: number;
                /**
                 * @description selector as in Prometheus: name{label="x", other=~"y.*"}; may be given several times
                 * @example [
                 *       "host_cpu_busy_percent"
                 *     ]
                 */
                readonly match?: readonly string[];
                /** @description ids of series, instead of a selector or besides */
                readonly series?: readonly number[];
                /** @description unix seconds; an hour before `end` when absent */
                readonly start?: number;
                /** @description seconds, or 30s, 5m, 1h; without it every sample comes as it was sent */
                readonly step?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description a line a series; with `step`, a time is the start of its step and empty steps are left out; null stands for what JSON has no number for: NaN, which ends a line, and infinities */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly series: readonly components["schemas"]["HistorySeries"][];
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_labels: {
        readonly parameters: {
            readonly query?: {
                /** @description how many at most */
                readonly limit?: number;
                /**
                 * @description selector as in Prometheus: name{label="x", other=~"y.*"}; may be given several times
                 * @example [
                 *       "host_cpu_busy_percent"
                 *     ]
                 */
                readonly match?: readonly string[];
                /** @description words that the name or a label value must hold */
                readonly q?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description labels in alphabetical order */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly labels: readonly {
                            readonly label: string;
                            readonly values: number;
                        }[];
                        /** @description how many there are, beyond `limit` too */
                        readonly total: number;
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_labels_label_values: {
        readonly parameters: {
            readonly query?: {
                /** @description how many at most */
                readonly limit?: number;
                /**
                 * @description selector as in Prometheus: name{label="x", other=~"y.*"}; may be given several times
                 * @example [
                 *       "host_cpu_busy_percent"
                 *     ]
                 */
                readonly match?: readonly string[];
                /** @description words that the name or a label value must hold */
                readonly q?: string;
            };
            readonly header?: never;
            readonly path: {
                readonly label: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description values in alphabetical order */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description how many there are, beyond `limit` too */
                        readonly total: number;
                        readonly values: readonly {
                            readonly series: number;
                            readonly value: string;
                        }[];
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_maintenance_windows: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description all of them, by id */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly maintenance_windows: readonly components["schemas"]["MaintenanceWindow"][];
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_maintenance_windows: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description when, and what is kept quiet then */
        readonly requestBody: {
            readonly content: {
                /**
                 * @example {
                 *       "name": "Nightly restart",
                 *       "matchers": [
                 *         "host=~\"web.*\""
                 *       ],
                 *       "days": [
                 *         "mon",
                 *         "tue"
                 *       ],
                 *       "begins": "03:00",
                 *       "duration": "20m",
                 *       "timezone": "UTC"
                 *     }
                 */
                readonly "application/json": {
                    /** @description a time of the clock, such as 22:30 */
                    readonly begins: string;
                    readonly days?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                    /** @description such as 2h, at most 7d */
                    readonly duration: string;
                    /** @default true */
                    readonly enabled?: boolean;
                    /** @description conditions such as rule="x" or host=~"web.*" */
                    readonly matchers: readonly string[];
                    readonly name: string;
                    /**
                     * @description such as Europe/Berlin
                     * @default UTC
                     */
                    readonly timezone?: string;
                };
            };
        };
        readonly responses: {
            /** @description the maintenance window */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["MaintenanceWindow"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly put_api_v1_maintenance_windows_window_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly window_id: number;
            };
            readonly cookie?: never;
        };
        /** @description the whole window as it shall be */
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /** @description a time of the clock, such as 22:30 */
                    readonly begins: string;
                    readonly days?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                    /** @description such as 2h, at most 7d */
                    readonly duration: string;
                    /** @default true */
                    readonly enabled?: boolean;
                    /** @description conditions such as rule="x" or host=~"web.*" */
                    readonly matchers: readonly string[];
                    readonly name: string;
                    /**
                     * @description such as Europe/Berlin
                     * @default UTC
                     */
                    readonly timezone?: string;
                };
            };
        };
        readonly responses: {
            /** @description the maintenance window */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["MaintenanceWindow"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly delete_api_v1_maintenance_windows_window_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly window_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description done */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_models: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the versions, the newest first */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly models: readonly components["schemas"]["Model"][];
                        readonly production: string | null;
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_models: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description what people should know of it */
        readonly requestBody?: {
            readonly content: {
                /**
                 * @example {
                 *       "description": "before the new release"
                 *     }
                 */
                readonly "application/json": {
                    readonly description?: string;
                };
            };
        };
        readonly responses: {
            /** @description the version */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Model"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly delete_api_v1_models_version_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly version: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description done */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_models_version_load: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly version: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description how the training does */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Training"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_models_version_promote: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly version: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the versions, the newest first */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly models: readonly components["schemas"]["Model"][];
                        readonly production: string | null;
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_models_rollback: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the versions, the newest first */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly models: readonly components["schemas"]["Model"][];
                        readonly production: string | null;
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_names: {
        readonly parameters: {
            readonly query?: {
                /** @description how many at most */
                readonly limit?: number;
                /**
                 * @description selector as in Prometheus: name{label="x", other=~"y.*"}; may be given several times
                 * @example [
                 *       "host_cpu_busy_percent"
                 *     ]
                 */
                readonly match?: readonly string[];
                /** @description words that the name or a label value must hold */
                readonly q?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description names in alphabetical order */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly names: readonly components["schemas"]["Name"][];
                        /** @description how many there are, beyond `limit` too */
                        readonly total: number;
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_replay: {
        readonly parameters: {
            readonly query?: {
                /** @description unix seconds; now when absent */
                readonly end?: number;
                /**
                 * @description series to show beside those
                 * @example [
                 *       "host_cpu_busy_percent"
                 *     ]
                 */
                readonly match?: readonly string[];
                /** @description unix seconds; an hour before `end` when absent */
                readonly start?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description what was known */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Replay"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_replay_export: {
        readonly parameters: {
            readonly query?: {
                /** @description unix seconds; now when absent */
                readonly end?: number;
                /**
                 * @description series to show beside those
                 * @example [
                 *       "host_cpu_busy_percent"
                 *     ]
                 */
                readonly match?: readonly string[];
                /** @description unix seconds; an hour before `end` when absent */
                readonly start?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description one HTML file, without any address in it that would be asked */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/html": string;
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_samples: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description samples one by one, or in columns a series */
        readonly requestBody: {
            readonly content: {
                /**
                 * @example {
                 *       "samples": [
                 *         {
                 *           "name": "my_first_metric",
                 *           "labels": {
                 *             "from": "docs"
                 *           },
                 *           "value": 42
                 *         }
                 *       ]
                 *     }
                 */
                readonly "application/json": {
                    readonly samples: readonly {
                        /** @description label names use letters, digits and _; an empty value means no label */
                        readonly labels?: {
                            readonly [key: string]: string;
                        };
                        readonly name: string;
                        /**
                         * @description unix seconds
                         * @default now
                         */
                        readonly timestamp?: number;
                        readonly value: number;
                    }[];
                } | {
                    readonly series: readonly {
                        /** @description label names use letters, digits and _; an empty value means no label */
                        readonly labels?: {
                            readonly [key: string]: string;
                        };
                        readonly name: string;
                        readonly timestamps?: readonly number[] | null;
                        readonly values: readonly number[];
                    }[];
                };
            };
        };
        readonly responses: {
            /** @description stored durably: how many, of how many series */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly accepted: number;
                        readonly series: number;
                    };
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_series: {
        readonly parameters: {
            readonly query?: {
                /** @description the `next` of the page before */
                readonly after?: number;
                /** @description page size */
                readonly limit?: number;
                /**
                 * @description selector as in Prometheus: name{label="x", other=~"y.*"}; may be given several times
                 * @example [
                 *       "host_cpu_busy_percent"
                 *     ]
                 */
                readonly match?: readonly string[];
                /** @description words that the name or a label value must hold */
                readonly q?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description series, with `next` when there are more */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly next?: number;
                        readonly series: readonly components["schemas"]["Series"][];
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_services: {
        readonly parameters: {
            readonly query?: {
                /** @description hosts to give at most */
                readonly hosts?: number;
                /** @description services to give lines of */
                readonly lines?: number;
                /** @description the first service with lines */
                readonly offset?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description all services that sent within the hour, the worst first; traffic a second, errors in % or a second, latency in seconds (p95), saturation in %, cores or as a count */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Services"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_sessions: {
        readonly parameters: {
            readonly query?: {
                /** @description everybody's; for admins */
                readonly all?: "true" | "false";
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the newest first */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly sessions: readonly components["schemas"]["Session"][];
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly delete_api_v1_sessions_session_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly session_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description done */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_silences: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description silences, the newest first */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly silences: readonly components["schemas"]["ListedSilence"][];
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_silences: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description what to keep quiet, how long, and why */
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly created_by?: string;
                    /** @description unix seconds */
                    readonly ends_at: number;
                    /** @description conditions such as rule="x" or host=~"web.*" */
                    readonly matchers: readonly string[];
                    readonly reason: string;
                    /** @description now when absent */
                    readonly starts_at?: number;
                };
            };
        };
        readonly responses: {
            /** @description the silence */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Silence"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_silences_silence_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly silence_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the silence; `hidden` are the alerts that it has kept quiet */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description unix seconds */
                        readonly created_at: number;
                        readonly created_by: string;
                        /** @description unix seconds */
                        readonly ends_at: number;
                        readonly hidden: readonly components["schemas"]["Alert"][];
                        readonly id: number;
                        /** @description conditions such as rule="x" or host=~"web.*" */
                        readonly matchers: readonly string[];
                        readonly reason: string;
                        /** @description unix seconds */
                        readonly starts_at: number;
                        /** @enum {string} */
                        readonly state: "pending" | "active" | "ended";
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly delete_api_v1_silences_silence_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly silence_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description done */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_status: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description how Quadra does */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Status"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_targets: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description all targets; `file` says what is wrong with SCRAPE_FILE */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly file?: {
                            readonly error: string;
                            readonly path: string;
                        };
                        readonly targets: readonly components["schemas"]["Target"][];
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_targets: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description where and how to scrape */
        readonly requestBody: {
            readonly content: {
                /**
                 * @example {
                 *       "url": "https://host.example:9100/metrics",
                 *       "job": "node",
                 *       "interval": "15s"
                 *     }
                 */
                readonly "application/json": {
                    readonly basic_auth?: {
                        readonly password: string;
                        readonly username: string;
                    } | null;
                    readonly bearer_token?: string | null;
                    /**
                     * @description bytes, unpacked
                     * @default 16777216
                     */
                    readonly body_size_limit?: number;
                    /**
                     * @description seconds, or 30s, 1m
                     * @default 15
                     */
                    readonly interval?: number | string;
                    /** @default scrape */
                    readonly job?: string;
                    /** @description labels of a series, its name among them */
                    readonly label_limit?: number;
                    /** @description join every series; instance is the host and port */
                    readonly labels?: {
                        readonly [key: string]: string;
                    };
                    /** @default 50000 */
                    readonly sample_limit?: number;
                    /** @description shorter than the interval; 10 s when absent */
                    readonly timeout?: number | string;
                    /** @description http or https; the path is /metrics when absent */
                    readonly url: string;
                };
            };
        };
        readonly responses: {
            /** @description the target, without its secret */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Target"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_targets_target_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly target_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the target, without its secret */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Target"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly put_api_v1_targets_target_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly target_id: number;
            };
            readonly cookie?: never;
        };
        /** @description where and how to scrape from now on */
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly basic_auth?: {
                        readonly password: string;
                        readonly username: string;
                    } | null;
                    readonly bearer_token?: string | null;
                    /**
                     * @description bytes, unpacked
                     * @default 16777216
                     */
                    readonly body_size_limit?: number;
                    /**
                     * @description seconds, or 30s, 1m
                     * @default 15
                     */
                    readonly interval?: number | string;
                    /** @default scrape */
                    readonly job?: string;
                    /** @description labels of a series, its name among them */
                    readonly label_limit?: number;
                    /** @description join every series; instance is the host and port */
                    readonly labels?: {
                        readonly [key: string]: string;
                    };
                    /** @default 50000 */
                    readonly sample_limit?: number;
                    /** @description shorter than the interval; 10 s when absent */
                    readonly timeout?: number | string;
                    /** @description http or https; the path is /metrics when absent */
                    readonly url: string;
                };
            };
        };
        readonly responses: {
            /** @description the target, without its secret */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Target"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly delete_api_v1_targets_target_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly target_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description done */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_tokens: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description tokens, without their secrets */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly tokens: readonly components["schemas"]["Token"][];
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_tokens: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description name and scopes */
        readonly requestBody: {
            readonly content: {
                /**
                 * @example {
                 *       "name": "my service",
                 *       "scopes": [
                 *         "ingest"
                 *       ]
                 *     }
                 */
                readonly "application/json": {
                    /** @description seconds; without it the token does not expire */
                    readonly expires_in?: number | null;
                    readonly name: string;
                    readonly scopes: readonly ("ingest" | "read" | "write" | "admin")[];
                };
            };
        };
        readonly responses: {
            /** @description the token with its secret */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description unix seconds */
                        readonly created_at: number;
                        readonly expires_at: number | null;
                        readonly id: number;
                        readonly name: string;
                        readonly scopes: readonly string[];
                        readonly token: string;
                    };
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly delete_api_v1_tokens_token_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly token_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description done */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_tokens_token_id_rotate: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly token_id: number;
            };
            readonly cookie?: never;
        };
        /** @description may be left out */
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /**
                     * @description seconds for which the former secret still opens
                     * @default 0
                     */
                    readonly overlap?: number;
                };
            };
        };
        readonly responses: {
            /** @description the token with its secret */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @description unix seconds */
                        readonly created_at: number;
                        readonly expires_at: number | null;
                        readonly id: number;
                        readonly name: string;
                        readonly scopes: readonly string[];
                        readonly token: string;
                    };
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_training: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description how the training does */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Training"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_training_reset: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description how the training does */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Training"];
                };
            };
            /** @description how the training does */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Training"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_training_start: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description the field to train; what is left out stays as it was */
        readonly requestBody?: {
            readonly content: {
                /**
                 * @example {
                 *       "field_size": 128,
                 *       "seed": 1
                 *     }
                 */
                readonly "application/json": {
                    /** @default 128 */
                    readonly field_size?: number;
                    /** @description selectors; the first 16 series that they mean are watched */
                    readonly match?: readonly string[] | string | null;
                    /** @default 0 */
                    readonly seed?: number;
                    /**
                     * @description seconds a step, or 5s, 1m; 1 to 300
                     * @default 1
                     */
                    readonly step?: number | string;
                };
            };
        };
        readonly responses: {
            /** @description how the training does */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Training"];
                };
            };
            /** @description how the training does */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Training"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_training_stop: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description how the training does */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Training"];
                };
            };
            /** @description how the training does */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Training"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_users: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the users, by name */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly users: readonly components["schemas"]["User"][];
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_users: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description name, role and first password */
        readonly requestBody: {
            readonly content: {
                /**
                 * @example {
                 *       "name": "mira",
                 *       "role": "editor",
                 *       "password": "a long sentence"
                 *     }
                 */
                readonly "application/json": {
                    readonly name: string;
                    readonly password: string;
                    /** @enum {string} */
                    readonly role: "viewer" | "editor" | "admin";
                };
            };
        };
        readonly responses: {
            /** @description the user */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["User"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_users_user_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly user_id: number;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the user */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["User"];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly put_api_v1_users_user_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly user_id: number;
            };
            readonly cookie?: never;
        };
        /** @description what changes; what is left out stays */
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly disabled?: boolean | null;
                    /** @enum {string} */
                    readonly role?: "viewer" | "editor" | "admin";
                };
            };
        };
        readonly responses: {
            /** @description the user */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["User"];
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v1_users_user_id_password: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly user_id: number;
            };
            readonly cookie?: never;
        };
        /** @description the new password */
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly password: string;
                };
            };
        };
        readonly responses: {
            /** @description done */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v1_usual: {
        readonly parameters: {
            readonly query?: {
                /** @description rate for counters */
                readonly agg?: "avg" | "rate";
                /** @description unix seconds; now when absent */
                readonly end?: number;
                /**
                 * @description selector as in Prometheus: name{label="x", other=~"y.*"}; may be given several times
                 * @example [
                 *       "host_cpu_busy_percent"
                 *     ]
                 */
                readonly match?: readonly string[];
                /** @description ids of series, instead of a selector or besides */
                readonly series?: readonly number[];
                /** @description unix seconds; an hour before `end` when absent */
                readonly start?: number;
                /** @description seconds, or 30s, 5m, 1h; without it every sample comes as it was sent */
                readonly step?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description a range at each of some times; series with too little history are left out */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly series: readonly components["schemas"]["Usual"][];
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v2_alerts: {
        readonly parameters: {
            readonly query?: {
                /** @description whether alerts in this state are wanted */
                readonly active?: boolean;
                /** @description conditions such as alertname="x"; may be given several times */
                readonly filter?: readonly string[];
                /** @description whether alerts in this state are wanted */
                readonly inhibited?: boolean;
                /** @description whether alerts in this state are wanted */
                readonly silenced?: boolean;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description what fires, the newest first */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": readonly {
                        readonly annotations: {
                            readonly [key: string]: string;
                        };
                        /** Format: date-time */
                        readonly endsAt: string;
                        readonly fingerprint: string;
                        readonly generatorURL: string;
                        readonly labels: {
                            readonly [key: string]: string;
                        };
                        readonly receivers: readonly {
                            readonly name: string;
                        }[];
                        /** Format: date-time */
                        readonly startsAt: string;
                        readonly status: {
                            readonly inhibitedBy: readonly string[];
                            readonly silencedBy: readonly string[];
                            /** @enum {string} */
                            readonly state: "active" | "suppressed";
                        };
                        /** Format: date-time */
                        readonly updatedAt: string;
                    }[];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v2_alerts: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description alerts; without `endsAt` each ends 5 minutes after it was last sent */
        readonly requestBody: {
            readonly content: {
                /**
                 * @example [
                 *       {
                 *         "labels": {
                 *           "alertname": "DiskSlow",
                 *           "host": "a"
                 *         },
                 *         "annotations": {
                 *           "summary": "It is slow"
                 *         }
                 *       }
                 *     ]
                 */
                readonly "application/json": readonly {
                    readonly annotations?: {
                        readonly [key: string]: string;
                    };
                    /** Format: date-time */
                    readonly endsAt?: string;
                    readonly generatorURL?: string;
                    /** @description `alertname` is needed */
                    readonly labels: {
                        readonly [key: string]: string;
                    };
                    /** Format: date-time */
                    readonly startsAt?: string;
                }[];
            };
        };
        readonly responses: {
            /** @description kept durably */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v2_receivers: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the channels */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": readonly {
                        readonly name: string;
                    }[];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v2_silence_silence_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly silence_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the silence */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly comment: string;
                        readonly createdBy: string;
                        /** Format: date-time */
                        readonly endsAt: string;
                        readonly id: string;
                        readonly matchers: readonly {
                            readonly isEqual?: boolean;
                            readonly isRegex?: boolean;
                            readonly name: string;
                            readonly value: string;
                        }[];
                        /** Format: date-time */
                        readonly startsAt: string;
                        readonly status: {
                            /** @enum {string} */
                            readonly state: "pending" | "active" | "expired";
                        };
                        /** Format: date-time */
                        readonly updatedAt: string;
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly delete_api_v2_silence_silence_id_: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly silence_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description it has ended */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 404: components["responses"]["Problem404"];
            readonly 409: components["responses"]["Problem409"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v2_silences: {
        readonly parameters: {
            readonly query?: {
                /** @description conditions such as alertname="x"; may be given several times */
                readonly filter?: readonly string[];
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description silences, the newest first */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": readonly {
                        readonly comment: string;
                        readonly createdBy: string;
                        /** Format: date-time */
                        readonly endsAt: string;
                        readonly id: string;
                        readonly matchers: readonly {
                            readonly isEqual?: boolean;
                            readonly isRegex?: boolean;
                            readonly name: string;
                            readonly value: string;
                        }[];
                        /** Format: date-time */
                        readonly startsAt: string;
                        readonly status: {
                            /** @enum {string} */
                            readonly state: "pending" | "active" | "expired";
                        };
                        /** Format: date-time */
                        readonly updatedAt: string;
                    }[];
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_api_v2_silences: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description what to keep quiet, how long, and why */
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly comment: string;
                    readonly createdBy?: string;
                    /** Format: date-time */
                    readonly endsAt: string;
                    readonly id?: string;
                    readonly matchers: readonly {
                        readonly isEqual?: boolean;
                        readonly isRegex?: boolean;
                        readonly name: string;
                        readonly value: string;
                    }[];
                    /** Format: date-time */
                    readonly startsAt: string;
                };
            };
        };
        readonly responses: {
            /** @description the silence's name */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly silenceID: string;
                    };
                };
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 409: components["responses"]["Problem409"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_api_v2_status: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description what answers here */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly cluster: Record<string, never>;
                        readonly config: Record<string, never>;
                        /** Format: date-time */
                        readonly uptime: string;
                        readonly versionInfo: Record<string, never>;
                    };
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_health: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description alive */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly status: string;
                    };
                };
            };
        };
    };
    readonly get_metrics: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description done */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/plain": string;
                };
            };
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly post_otlp_v1_metrics: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description ExportMetricsServiceRequest; may be gzip */
        readonly requestBody: {
            readonly content: {
                readonly "application/json": unknown;
                readonly "application/x-protobuf": string;
            };
        };
        readonly responses: {
            /** @description ExportMetricsServiceResponse, with partial_success for what was refused */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": unknown;
                    readonly "application/x-protobuf": string;
                };
            };
            /** @description google.rpc.Status; a problem where the content type is neither of the two */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly code: number;
                        readonly message: string;
                    };
                    readonly "application/problem+json": components["schemas"]["Problem"];
                    readonly "application/x-protobuf": string;
                };
            };
            /** @description google.rpc.Status; a problem where the content type is neither of the two */
            readonly 401: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly code: number;
                        readonly message: string;
                    };
                    readonly "application/problem+json": components["schemas"]["Problem"];
                    readonly "application/x-protobuf": string;
                };
            };
            /** @description google.rpc.Status; a problem where the content type is neither of the two */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly code: number;
                        readonly message: string;
                    };
                    readonly "application/problem+json": components["schemas"]["Problem"];
                    readonly "application/x-protobuf": string;
                };
            };
            /** @description google.rpc.Status; a problem where the content type is neither of the two */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly code: number;
                        readonly message: string;
                    };
                    readonly "application/problem+json": components["schemas"]["Problem"];
                    readonly "application/x-protobuf": string;
                };
            };
            readonly 415: components["responses"]["Problem415"];
            /** @description google.rpc.Status; a problem where the content type is neither of the two */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly code: number;
                        readonly message: string;
                    };
                    readonly "application/problem+json": components["schemas"]["Problem"];
                    readonly "application/x-protobuf": string;
                };
            };
            /** @description google.rpc.Status; a problem where the content type is neither of the two */
            readonly 429: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly code: number;
                        readonly message: string;
                    };
                    readonly "application/problem+json": components["schemas"]["Problem"];
                    readonly "application/x-protobuf": string;
                };
            };
            /** @description google.rpc.Status; a problem where the content type is neither of the two */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly code: number;
                        readonly message: string;
                    };
                    readonly "application/problem+json": components["schemas"]["Problem"];
                    readonly "application/x-protobuf": string;
                };
            };
        };
    };
    readonly post_prometheus_api_v1_write: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** @description snappy-compressed WriteRequest, or proto=io.prometheus.write.v2.Request */
        readonly requestBody: {
            readonly content: {
                readonly "application/x-protobuf": string;
            };
        };
        readonly responses: {
            /** @description done */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["Problem400"];
            readonly 401: components["responses"]["Problem401"];
            readonly 403: components["responses"]["Problem403"];
            readonly 413: components["responses"]["Problem413"];
            readonly 415: components["responses"]["Problem415"];
            readonly 422: components["responses"]["Problem422"];
            readonly 429: components["responses"]["Problem429"];
            readonly 503: components["responses"]["Problem503"];
        };
    };
    readonly get_ready: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description the state of each part */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly database: components["schemas"]["Part"];
                        readonly disk: components["schemas"]["Part"];
                        readonly history: components["schemas"]["Part"];
                        readonly ready: boolean;
                        readonly redis: components["schemas"]["Part"];
                        readonly worker: components["schemas"]["Part"];
                    };
                };
            };
            /** @description the state of each part */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly database: components["schemas"]["Part"];
                        readonly disk: components["schemas"]["Part"];
                        readonly history: components["schemas"]["Part"];
                        readonly ready: boolean;
                        readonly redis: components["schemas"]["Part"];
                        readonly worker: components["schemas"]["Part"];
                    };
                };
            };
        };
    };
}
