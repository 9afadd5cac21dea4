"""os-brick as a process: calls as lines of JSON on the standard input, answers on the standard output.

Debian's python3-os-brick, unchanged. It runs as root here, so what it does with privileges is done in this process.
"""
import concurrent.futures
import json
import logging
import sys
import time

import os_brick
from os_brick import privileged
from os_brick.initiator import connector
from oslo_concurrency import lockutils
from oslo_config import cfg

logging.basicConfig(stream=sys.stderr, level=logging.INFO)
cfg.CONF([], project='lab')
lockutils.set_defaults('/run/lab-os-brick')
os_brick.setup(cfg.CONF)
privileged.default.set_client_mode(False)


def iscsi(options):
    return connector.InitiatorConnector.factory(
        'ISCSI', None, use_multipath=options['multipath'],
        device_scan_attempts=options['scanAttempts'])


CONNECTED = {}


def one(each, data, options):
    if each == 'connect':
        CONNECTED[data['volume_id']] = iscsi(options).connect_volume(data)
    else:
        iscsi(options).disconnect_volume(data, CONNECTED.pop(data['volume_id']))


def storm(request):
    """All at once, each in a thread of its own; milliseconds until the last has come back."""
    each, volumes, options = request['each'], request['data'], request['options']
    with concurrent.futures.ThreadPoolExecutor(len(volumes)) as threads:
        begin = time.monotonic()
        for done in [threads.submit(one, each, data, options) for data in volumes]:
            done.result()
        return (time.monotonic() - begin) * 1000


def call(request):
    data, options = request['data'], request['options']
    if request['call'] == 'storm':
        return storm(request)
    if request['call'] == 'connect':
        return iscsi(options).connect_volume(data)
    if request['call'] == 'disconnect':
        return iscsi(options).disconnect_volume(
            data, request['deviceInfo'], force=options['force'],
            ignore_errors=options['ignoreErrors'])
    if request['call'] == 'extend':
        return iscsi(options).extend_volume(data)
    raise ValueError(request['call'])


def main():
    print(json.dumps({'ready': True}), flush=True)
    for line in sys.stdin:
        try:
            answer = {'value': call(json.loads(line))}
        except Exception as error:  # whatever it is, it is what a caller would see
            answer = {'error': type(error).__name__, 'message': str(error)}
        print(json.dumps(answer), flush=True)


main()
