"""os-brick as a party of a storm: a process of its own (protocol.ts).

Debian's python3-os-brick, unchanged. It runs as root here, so what it does with privileges is done in this process.
"""
import concurrent.futures
import json
import logging
import sys
import time

import os_brick
from os_brick import exception, privileged
from os_brick.initiator import connector
from oslo_concurrency import lockutils
from oslo_config import cfg

logging.basicConfig(stream=sys.stderr, level=logging.INFO)
cfg.CONF([], project='lab')
lockutils.set_defaults('/run/lab-os-brick')
os_brick.setup(cfg.CONF)
privileged.default.set_client_mode(False)

CONNECTED = {}


def properties(volume):
    portals, iqn, lun = volume['portals'], volume['iqn'], volume['lun']
    one = {'volume_id': volume['id'], 'target_portal': portals[0],
           'target_iqn': iqn, 'target_lun': lun}
    if len(portals) == 1:
        return one
    return {**one, 'target_portals': portals,
            'target_iqns': [iqn] * len(portals),
            'target_luns': [lun] * len(portals)}


class Party:
    """Calls all volumes of its task at once, each in a thread."""

    def prepare(self, task):
        self.volumes = [properties(each) for each in task['volumes']]
        self.multipath = task['row']['multipath']
        self.missing = task['row'].get('missing', False)
        return 'ready'

    def iscsi(self):
        return connector.InitiatorConnector.factory(
            'ISCSI', None, use_multipath=self.multipath,
            device_scan_attempts=3)

    def connect(self, data):
        try:
            CONNECTED[data['volume_id']] = self.iscsi().connect_volume(data)
        except exception.VolumeDeviceNotFound:
            if not self.missing:
                raise
        return (time.monotonic() - self.begin) * 1000

    def disconnect(self, data):
        self.iscsi().disconnect_volume(
            data, CONNECTED.pop(data['volume_id']))

    def all(self, call):
        self.begin = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(
                len(self.volumes)) as threads:
            return list(threads.map(call, self.volumes))

    def answer(self, line):
        if line == 'go':
            self.times = self.all(self.connect)
            return 'done'
        if line == 'detach':
            self.all(self.disconnect)
            return 'done'
        if line == 'report':
            return json.dumps({'volumes': self.times})
        return self.prepare(json.loads(line))


def main():
    party = Party()
    print('ready', flush=True)
    for line in sys.stdin:
        try:
            answer = party.answer(line.strip())
        except Exception as error:  # whatever it is, it is what a caller would see
            answer = 'failed: ' + ' '.join(repr(error).split())
        print(answer, flush=True)


main()
