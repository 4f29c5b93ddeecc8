"""kafkaconnect: its class for the life of a connector, and its command line."""
import json
import subprocess
import sys
import time

from kafkaconnect.connect import Connect

url, name, config = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
client = Connect(connect_url=url)


def wait_for(state):
    for _ in range(150):
        status = json.loads(client.status(name))
        if status["connector"]["state"] == state and all(task["state"] == state for task in status["tasks"]):
            return state
        time.sleep(0.1)
    raise SystemExit(f"{name} did not become {state}: {status}")


def command(*words):
    done = subprocess.run([sys.executable, "-m", "kafkaconnect.cli", "-c", url, *words], capture_output=True, text=True)
    return done.stdout + done.stderr


told = {}
told["refused"] = json.loads(client.validate_and_create(name, json.dumps({**config, "name": name, "tasks.max": "0"})))["error_count"]
told["created"] = json.loads(client.validate_and_create(name, json.dumps({**config, "name": name})))["name"]
told["running"] = wait_for("RUNNING")
told["listed"] = name in json.loads(client.list())
told["type"] = json.loads(client.info(name))["type"]
told["config"] = json.loads(client.config(name))["topic"]
told["tasks"] = len(json.loads(client.tasks(name)))
told["topics"] = list(json.loads(client.topics(name)))
told["plugins"] = any("FileStreamSource" in plugin["class"] for plugin in json.loads(client.plugins()))
client.restart(name)
wait_for("RUNNING")
client.pause(name)
told["paused"] = wait_for("PAUSED")
client.resume(name)
told["resumed"] = wait_for("RUNNING")
told["removed"] = client.remove(name)
told["gone"] = "not found" in client.status(name)
print(json.dumps(told))
