"""kafka-connect-py: the life of a connector through its client, as its documentation does it."""
import json
import sys
import time

from kafka_connect import KafkaConnect

url, name, config = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
client = KafkaConnect(url=url)


def wait_for(state):
    for _ in range(150):
        status = client.get_connector_status(name)
        if status["connector"]["state"] == state and all(task["state"] == state for task in status["tasks"]):
            return status
        time.sleep(0.1)
    raise SystemExit(f"{name} did not become {state}: {status}")


told = {"cluster": sorted(client.get_cluster_info())}
told["created"] = client.create_connector({"name": name, "config": config})["name"]
told["running"] = wait_for("RUNNING")["connector"]["state"]
told["listed"] = name in client.list_connectors()
told["expanded"] = client.list_connectors(expand="status", pattern=name)[name]["status"]["connector"]["state"]
told["running ones"] = name in client.list_connectors(state="RUNNING")
told["config"] = client.get_connector_config(name)["topic"]
told["updated"] = client.update_connector(name, {**config, "some.key": "1"})["config"]["some.key"]
told["tasks"] = len(client.list_connector_tasks(name))
wait_for("RUNNING")
client.restart_connector(name, include_tasks=True)
wait_for("RUNNING")
client.pause_connector(name)
told["paused"] = wait_for("PAUSED")["connector"]["state"]
client.resume_connector(name)
told["resumed"] = wait_for("RUNNING")["connector"]["state"]
told["valid"] = client.validate_connector_config("FileStreamSource", {**config, "name": name})["error_count"]
told["plugins"] = any("FileStreamSource" in plugin["class"] for plugin in client.list_connector_plugins())
told["task"] = client.get_connector_task_status(name, 0)["state"]
client.restart_connector_task(name, 0)
wait_for("RUNNING")
told["topics"] = client.list_connector_topics(name)[name]["topics"]
client.reset_connector_topics(name)
client.stop_connector(name)
told["stopped"] = client.get_connector_status(name)["connector"]["state"]
client.delete_connector(name)
told["gone"] = name not in client.list_connectors()
print(json.dumps(told))
