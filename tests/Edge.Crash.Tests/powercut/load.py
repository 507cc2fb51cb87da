"""Clients that store, overwrite and delete by REST and C-STORE until the server is gone. Content tells slot and version."""
import hashlib
import http.client
import json
import random
import socket
import struct
import threading
import time

from ledger import ABSENT, PATIENT, SERIES

CT = '1.2.840.10008.5.1.4.1.1.2'
FIRST = 1000000000                      # what the generator adds to each number
WINDOW = 18                             # patients that instances come for; more than the limit lets stay
DELETIONS = 0.1
LEVELS = (('instances', 1, 0.6), ('series', SERIES, 0.25), ('patients', PATIENT, 0.15))


class Content:
    """Instances by slot and version: the generator's, the version in the last eight bytes of the pixel data."""
    def __init__(self):
        import make_dataset
        self.root = make_dataset.ROOT
        self.generator = make_dataset.Generator('small', per_series=4, series_per_study=2, studies_per_patient=2)
        self.slots = {}

    def file(self, slot, version):
        return self.generator.instance(slot)[:-8] + struct.pack('<Q', version)

    def id(self, slot, level='instances'):
        """Orthanc's identifier: the SHA-1 of PatientID, study, series and SOP instance UID."""
        pat, study, series, k = self.generator.ids(slot)
        parts = ['PID%d' % (FIRST + pat), '%s2.%d' % (self.root, FIRST + study), '%s3.%d' % (self.root, FIRST + series), '%s4.%d' % (self.root, FIRST + k)]
        h = hashlib.sha1('|'.join(parts[:{'patients': 1, 'studies': 2, 'series': 3, 'instances': 4}[level]]).encode()).hexdigest()
        name = '-'.join(h[j:j + 8] for j in range(0, 40, 8))
        if level == 'instances':
            self.slots[name] = slot
        return name

    def version(self, slot, got):
        """The version that these bytes are, or None: they are no version of the slot."""
        import dimse
        if len(got) < 200 or got[:132] != bytes(128) + b'DICM':
            return None
        whole = self.file(slot, struct.unpack('<Q', got[-8:])[0])
        # A server may write meta information of its own for what C-STORE carries without any; the data set stays.
        return struct.unpack('<Q', got[-8:])[0] if got == whole or got.endswith(dimse.split(whole)[3]) else None


class Load:
    def __init__(self, server, ledger, content, first_patient, seed):
        self.server, self.ledger, self.content, self.first, self.random = server, ledger, content, first_patient, random.Random(seed)
        self.done = dict(stored=0, overwritten=0, instances=0, series=0, patients=0, refused=0)
        self.refusals, self.stop, self.mutex, self.steps = [], False, threading.Lock(), 0

    def patient(self):
        """New patients come as the load goes on."""
        return self.first + self.steps // 25

    def choose(self):
        """-> ('store', slot, version) or ('delete', level, slots)."""
        while True:
            with self.mutex:
                self.steps += 1
                p = self.patient() + self.random.randrange(WINDOW)
                slot, what, level = p * PATIENT + self.random.randrange(PATIENT), self.random.random(), self.random.random()
            if what >= DELETIONS:
                version = self.ledger.begin_store(slot, time.monotonic())
                if version is not None:
                    return 'store', slot, version
                continue
            for name, size, chance in LEVELS:
                level -= chance
                if level < 0:
                    break
            slots = range(slot - slot % size, slot - slot % size + size)
            if self.ledger.begin_deletion(slots, time.monotonic()):
                return 'delete', name, slots

    def settle(self, what, slots, refusal, existed=False):
        if refusal is None:
            self.ledger.acknowledge(slots, time.monotonic())
        else:
            self.ledger.refuse(slots)
        with self.mutex:
            key = 'refused' if refusal is not None else what if what != 'store' else 'overwritten' if existed else 'stored'
            self.done[key] += 1
            if refusal is not None:
                self.refusals.append(refusal)

    def existed(self, slot):
        s = self.ledger.slots[slot]
        return s.version != ABSENT

    def rest(self):
        c = http.client.HTTPConnection('127.0.0.1', self.server.rest, timeout=60)
        while not self.stop:
            kind, a, b = self.choose()
            try:
                if c.sock is None:
                    c.connect()
                    c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if kind == 'store':
                    existed = self.existed(a)
                    c.request('POST', '/instances', self.content.file(a, b))
                    r = c.getresponse()
                    t = r.read()
                    ok = r.status == 200 and json.loads(t)['Status'] == 'Success'
                    self.settle('store', [a], None if ok else t[:200].decode(errors='replace'), existed)
                else:
                    c.request('DELETE', '/%s/%s' % (a, self.content.id(b[0], a)))
                    r = c.getresponse()
                    t = r.read()
                    # 404: recycled or deleted meanwhile, so it is gone.
                    self.settle(a, b, None if r.status in (200, 404) else t[:200].decode(errors='replace'))
            except (OSError, http.client.HTTPException, ValueError):
                if self.stop or self.server.p.poll() is not None:
                    return
                c.close()

    def dimse(self):
        import dimse
        while not self.stop:
            try:
                association = dimse.Assoc('127.0.0.1', self.server.dicom, contexts=((CT, dimse.TS),))
                while not self.stop:
                    kind, slot, version = self.choose()
                    if kind != 'store':
                        self.ledger.refuse(version)                  # deletions are the others' business
                        continue
                    existed = self.existed(slot)
                    cls, sop, _, data_set = dimse.split(self.content.file(slot, version))
                    status = association.store(cls, sop, data_set)
                    self.settle('store', [slot], None if status == 0 else 'status %04x' % status, existed)
            except (OSError, KeyError):
                if self.stop or self.server.p.poll() is not None:
                    return
                time.sleep(0.01)

    def run(self, rest, dimse):
        self.threads = [threading.Thread(target=t, daemon=True) for t in [self.rest] * rest + [self.dimse] * dimse]
        for t in self.threads:
            t.start()

    def join(self):
        self.stop = True
        for t in self.threads:
            t.join(30)
