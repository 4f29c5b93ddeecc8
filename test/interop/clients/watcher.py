"""kafka-connect-watcher: sees a connector whose task failed, and restarts it as its rules say."""
import json
import sys

from kafka_connect_watcher.cluster import ConnectCluster
from kafka_connect_watcher.config import Config
from kafka_connect_watcher.error_rules import EvaluationRule

host, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
definition = {
    "hostname": host,
    "port": port,
    "evaluation_rules": [{"include_regex": [f"^{name}$"], "auto_correct_actions": [{"action": "restart"}]}],
}
watcher = Config(configuration={"clusters": [definition]})
cluster = ConnectCluster(definition, watcher)
connector = cluster.cluster.connectors[name]
told = {
    "version": cluster.cluster.version,
    "state": connector.state,
    "tasks": [task.state for task in connector.tasks],
    "config": connector.config["topics"],
}
for rule in cluster.handling_rules:
    assert isinstance(rule, EvaluationRule)
    rule.execute(cluster)
told["seen"] = cluster.metrics["connectors"][name]
connector.pause()
told["after pause"] = connector.state
connector.resume()
connector.delete()
told["left"] = name in cluster.cluster.connectors
print(json.dumps(told))
