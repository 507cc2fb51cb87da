"""Cuts the power of the published binary under storing, overwriting, deletion and recycling, and audits what is left: mixed.py RIG OPTIONS...

A round: clients store, overwrite and delete while limits recycle -> SIGKILL at a random moment -> the storage directory becomes what
the disk held -> the image is examined -> restart (sometimes itself cut) -> everything is read back and held against the ledger. Every
few rounds the server is then stopped, files and index are compared, and the limit changes between patients and size.
Prints a JSON summary. Exit code: 0 nothing wrong; 1 something is; 2 the result cannot be trusted.
"""
import argparse
import http.client
import json
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import simulator
from ledger import PATIENT, Ledger
from load import Content, Load

PATIENTS, MEGABYTES = 12, 1
INDEX = '/edge-index.db'
FILE = re.compile(r'[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$')
RECOVERED = b'The last run did not end in order'


def configure(server, n):
    """Limits of patients and of size in turn. -> those of this turn"""
    configuration = json.load(open(server.config))
    limits = {'MaximumPatientCount': PATIENTS, 'MaximumStorageSize': 0} if n % 2 == 0 else {'MaximumPatientCount': 0, 'MaximumStorageSize': MEGABYTES}
    configuration.update(limits, OverwriteInstances=True, StableAge=1, Edge={'StorageFormat': 'lz4' if n % 2 == 0 else 'raw'})
    json.dump(configuration, open(server.config, 'w'))
    return limits


def facts(storage, work):
    """Index and files of a directory that nobody uses, by a copy of the index."""
    copy = tempfile.mkdtemp(dir=work)
    try:
        for end in ('', '-wal'):
            if os.path.exists(storage + INDEX + end):
                shutil.copy(storage + INDEX + end, copy + INDEX + end)
        db = sqlite3.connect(copy + INDEX)
        one = lambda sql: db.execute(sql).fetchone()
        f = dict(problems=[r[0] for r in db.execute('PRAGMA integrity_check') if r[0] != 'ok'])
        uuid = lambda b: '-'.join((b.hex()[:8], b.hex()[8:12], b.hex()[12:16], b.hex()[16:20], b.hex()[20:]))
        f['rows'] = {uuid(u): n for u, n in db.execute('SELECT uuid,stored_size FROM attachments')}
        f['deletions'] = {uuid(u) for u, in db.execute('SELECT uuid FROM deletions')}
        f['totals'] = one('SELECT patients,studies,series,instances,stored_size FROM totals')
        f['counted'] = tuple(one('SELECT count(*) FROM resources WHERE level=%d' % level)[0] for level in (1, 2, 3, 4)) + (one('SELECT coalesce(sum(stored_size),0) FROM attachments')[0],)
        f['order'] = one('SELECT count(*) FROM resources r WHERE level=1 AND NOT EXISTS(SELECT 1 FROM recycling o WHERE o.patient=r.id)')[0]
        f['order'] += one('SELECT count(*) FROM recycling o WHERE NOT EXISTS(SELECT 1 FROM resources r WHERE r.id=o.patient AND r.level=1)')[0]
        db.close()
    finally:
        shutil.rmtree(copy)
    f['files'] = {}
    for folder, _, names in os.walk(storage):
        for name in names:
            match = FILE.search(os.path.join(folder, name))
            if match:
                f['files'][match[1]] = os.path.getsize(os.path.join(folder, name))
    incoming = storage + '/incoming'
    f['incoming'] = len(os.listdir(incoming)) if os.path.isdir(incoming) else 0
    return f


def examine(f, settled):
    """What is wrong with an image, or with what an orderly stop after recovery left."""
    wrong = [('index', p) for p in f['problems'][:3]]
    bad = [u for u, n in f['rows'].items() if f['files'].get(u) != n]
    if bad:
        wrong.append(('rows_without_file', '%d rows without their file, e.g. %s (%s of %d bytes)' % (len(bad), bad[0], f['files'].get(bad[0]), f['rows'][bad[0]])))
    if f['totals'] != f['counted']:
        wrong.append(('totals', 'the index counts %s and holds %s' % (f['totals'], f['counted'])))
    if f['order']:
        wrong.append(('order', '%d patients are not in the order of recycling, or only there' % f['order']))
    if f['deletions'] & set(f['rows']):
        wrong.append(('deletions', 'a file of a row is to be deleted'))
    if settled:
        orphans = set(f['files']) - set(f['rows']) - f['deletions']
        if orphans:
            wrong.append(('orphans', '%d files without a row, e.g. %s' % (len(orphans), min(orphans))))
        if f['incoming']:
            wrong.append(('orphans', '%d files in incoming' % f['incoming']))
    return wrong


def read_all(server, content, wrong):
    """-> slot -> version of everything that is listed; also whether the views agree."""
    ids = json.loads(server.get('/instances')[1])
    found, mutex = {}, threading.Lock()

    def some(part):
        connection = server.connection()
        for name in part:
            try:
                status, got = server.get('/instances/%s/file' % name, keep=connection)
            except (OSError, http.client.HTTPException) as e:
                status, got = 0, str(e).encode()
            slot = content.slots.get(name)
            version = content.version(slot, got) if slot is not None and status == 200 else None
            with mutex:
                if slot is None:
                    wrong.append(('unknown', 'instance %s was never stored' % name))
                elif version is None:
                    wrong.append(('damaged', 'slot %d is listed and cannot be read: status %d, %d bytes' % (slot, status, len(got))))
                else:
                    found[slot] = version
        connection.close()

    threads = [threading.Thread(target=some, args=(ids[k::3],)) for k in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    statistics = json.loads(server.get('/statistics')[1])
    for level in ('patients', 'studies', 'series', 'instances'):
        listed = len(json.loads(server.get('/' + level)[1]))
        if int(statistics['Count' + level.capitalize()]) != listed:
            wrong.append(('statistics', '/statistics counts %s %s, %d are listed' % (statistics['Count' + level.capitalize()], level, listed)))
    return found


def fits(limits, ledger, found, recycled, image):
    """Recycling may not take more than the limit asks: what is left and what was deleted after the last of it must come up to it."""
    if not recycled:
        return []
    emptied, deleted = ledger.deleted(found, since=max(recycled.values()))
    left = len({i // PATIENT for i in found})
    if limits['MaximumPatientCount'] and left + len(emptied) < PATIENTS:
        return [('lost', '%d patients left and %d deleted, with a limit of %d: %s are gone for nothing' % (left, len(emptied), PATIENTS, sorted(recycled)))]
    largest = max(image['rows'].values(), default=0)
    stored = sum(image['rows'].values())
    if limits['MaximumStorageSize'] and stored + (len(deleted) + PATIENT + 1) * largest < MEGABYTES << 20:
        return [('lost', '%d bytes left and at most %d deleted, with a limit of %d MB: %s are gone for nothing' % (stored, len(deleted) * largest, MEGABYTES, sorted(recycled)))]
    return []


def await_recovery(server, since, limit=30):
    end = time.time() + limit
    while time.time() < end:
        with open(server.work + '/server.log', 'rb') as f:
            f.seek(since)
            if RECOVERED in f.read():
                return True
        time.sleep(0.02)
    return False


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('rig')
    p.add_argument('--cmd', required=True, help='template with {config}')
    p.add_argument('--rounds', type=int, default=20)
    p.add_argument('--mode', choices=['ext4', 'strict'], default='ext4')
    p.add_argument('--survive', type=float, default=0)
    p.add_argument('--survive-meta', type=float)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--recut', type=float, default=0.2)
    p.add_argument('--settle', type=int, default=5, help='compare files and index of a stopped server every so many rounds')
    p.add_argument('--least', type=int, default=60, help='the cut comes after so many acknowledgements')
    p.add_argument('--max', type=float, default=0.6, help='and at most so many seconds')
    p.add_argument('--set', action='append', default=[])
    p.add_argument('--json')
    p.add_argument('--keep', action='store_true')
    a = p.parse_args()
    a.__dict__.update(base=None, whole=False, verify=False, no_real_sync=True, log=False, no_cut=False)
    rig = simulator.load(a.rig)
    work = tempfile.mkdtemp(prefix='powercut-mixed-')
    rnd, content, ledger = random.Random(a.seed), Content(), Ledger()
    server = rig.Server(a, work, rig.build(work))
    R = dict(mode=a.mode, survive=a.survive, seed=a.seed, rounds=0, recuts=0, stored=0, overwritten=0, instances=0, series=0, patients=0, refused=0, recycled=0, recycled_by_size=0, set_aside=0, wrong=[], distrust=[])
    began, first = time.time(), 1

    def start():
        mark = os.path.getsize(work + '/server.log') if os.path.exists(work + '/server.log') else 0
        server.start(rnd.randrange(1 << 30))
        return mark

    try:
        limits = configure(server, 0)
        start()
        if not server.wait():
            R['distrust'].append('the server does not start')
        for k in range(a.rounds if not R['distrust'] else 0):
            load = Load(server, ledger, content, first, rnd.randrange(1 << 30))
            load.run(rest=4, dimse=1)
            end = time.time() + 20
            while sum(load.done.values()) < a.least and time.time() < end:
                time.sleep(0.005)
            time.sleep(rnd.uniform(0, a.max))
            R['distrust'] += server.cut()
            cut_at = time.monotonic()
            load.join()
            first = load.patient()
            wrong = examine(facts(server.storage, work), settled=False)
            while rnd.random() < a.recut:
                R['recuts'] += 1
                start()
                time.sleep(rnd.uniform(0.02, 0.4))
                R['distrust'] += [w for w in server.cut() if w != rig.NOTHING]
                wrong += examine(facts(server.storage, work), settled=False)
            image = facts(server.storage, work)
            mark = start()
            if not server.wait():
                R['wrong'].append(('start', 'round %d: the server does not start' % (k + 1)))
                a.keep = True
                break
            for slot in ledger.slots:
                content.id(slot)
            found = read_all(server, content, wrong)
            more, recycled = ledger.audit(found, cut_at)
            wrong += more + fits(limits, ledger, found, recycled, image)
            by_size = limits['MaximumStorageSize'] > 0
            if (k + 1) % a.settle == 0 or k + 1 == a.rounds:
                if not await_recovery(server, mark):
                    wrong.append(('recovery', 'it does not end'))
                server.stop()
                shutil.rmtree(server.shadow, ignore_errors=True)
                if server.p.returncode != 0:
                    wrong.append(('stop', 'exit status %d' % server.p.returncode))
                wrong += examine(facts(server.storage, work), settled=True)
                # The other limit takes its own share at the start.
                limits = configure(server, (k + 1) // a.settle)
                start()
                if not server.wait():
                    R['wrong'].append(('start', 'round %d: the server does not start' % (k + 1)))
                    break
                wrong += ledger.audit(read_all(server, content, wrong), time.monotonic())[0]
            for key, n in load.done.items():
                R[key] += n
            R['rounds'] += 1
            R['recycled'] += len(recycled)
            R['recycled_by_size'] += len(recycled) if by_size else 0
            R['wrong'] += [(kind, 'round %d: %s' % (k + 1, text)) for kind, text in wrong] + [('refused', 'round %d: %s' % (k + 1, r)) for r in load.refusals]
            print('round %d: %s, %d recycled, %d there, %d wrong' % (k + 1, load.done, len(recycled), len(found), len(wrong)), file=sys.stderr)
        lost = server.storage + '/lost+found'
        R['set_aside'] = len(os.listdir(lost)) if os.path.isdir(lost) else 0
    finally:
        if server.p and server.p.poll() is None:
            server.stop()
        R['distrust'], R['seconds'] = sorted(set(R['distrust']))[:20], round(time.time() - began, 1)
        R['kinds'] = {kind: sum(1 for x, _ in R['wrong'] if x == kind) for kind in sorted({x for x, _ in R['wrong']})}
        R['wrong'] = R['wrong'][:40]
        text = json.dumps(R)
        print(text)
        if a.json:
            open(a.json, 'w').write(text + '\n')
        if a.keep:
            print('kept', work, file=sys.stderr)
        else:
            shutil.rmtree(work, ignore_errors=True)
    return 2 if R['distrust'] else 1 if R['wrong'] else 0


if __name__ == '__main__':
    sys.exit(main())
