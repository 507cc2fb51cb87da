"""What a server acknowledged of a load that stores, overwrites and deletes while limits recycle, and what of it a power cut may leave.

Slots are numbered; a slot is an instance that is there or not, in versions that are never given twice. At most one operation is in
flight per slot, so the history of a slot is a line. Recycling is nobody's request and has no acknowledgement: it is inferred from
what is missing, and held against what it may do: whole patients, the one touched longest ago first, and no more than the limit asks.
Times are those of the monotonic clock; what was committed within [start, end] was so at an unknown moment between them.
"""
import threading

SERIES, PATIENT = 4, 16                 # slots of a series and of a patient: two studies of two series of four instances
ABSENT = 0


class Slot:
    """The last acknowledged version (ABSENT: none) with the times of its request, and what was asked for since.

    deleted: when the last deletion that may have found something was acknowledged.
    """
    __slots__ = ('version', 'start', 'end', 'asked', 'asked_at', 'deleted')

    def __init__(self):
        self.version, self.start, self.end, self.asked, self.asked_at, self.deleted = ABSENT, 0.0, 0.0, None, 0.0, 0.0


class Ledger:
    def __init__(self):
        self.mutex = threading.Lock()
        self.slots, self.busy = {}, set()
        self.touched = {}               # patient -> the latest time at which a store may have touched it
        self.versions = 0

    # -- the load: begin before the request is sent, acknowledge or refuse when its answer is complete; neither: unknown, the slot rests

    def begin_store(self, slot, now):
        """-> the version to store, or None where an operation is in flight."""
        with self.mutex:
            if slot in self.busy:
                return None
            self.busy.add(slot)
            self.versions += 1
            s = self.slots.setdefault(slot, Slot())
            s.asked, s.asked_at = self.versions, now
            return self.versions

    def begin_deletion(self, slots, now):
        """-> whether nothing is in flight in these slots and something is there."""
        with self.mutex:
            if any(i in self.busy for i in slots) or not any(i in self.slots and self.slots[i].version for i in slots):
                return False
            self.busy.update(slots)
            for i in slots:
                s = self.slots.setdefault(i, Slot())
                s.asked, s.asked_at = ABSENT, now
            return True

    def acknowledge(self, slots, now):
        with self.mutex:
            for i in slots:
                s = self.slots[i]
                if s.version != ABSENT and s.asked == ABSENT:
                    s.deleted = now
                s.version, s.start, s.end, s.asked = s.asked, s.asked_at, now, None
                if s.version:
                    self.touched[i // PATIENT] = max(now, self.touched.get(i // PATIENT, 0))
            self.busy.difference_update(slots)

    def refuse(self, slots):
        """Answered, and not done."""
        with self.mutex:
            for i in slots:
                self.slots[i].asked = None
            self.busy.difference_update(slots)

    # -- the audit

    def audit(self, found, cut_at):
        """What is wrong with a server that holds found (slot -> version); from here on that is what it is known to hold.

        -> (list of (kind, text), recycled patients with a time before which they were not yet)
        """
        wrong, missing, present = [], {}, {}
        for i, s in self.slots.items():
            now, asked = found.get(i, ABSENT), s.asked
            if asked is not None and asked:
                self.touched[i // PATIENT] = cut_at                  # it may have been committed up to the cut
            if now == ABSENT:
                if s.version != ABSENT and asked == ABSENT:
                    s.deleted = cut_at
                elif s.version != ABSENT:
                    missing.setdefault(i // PATIENT, []).append(i)
            elif now == asked:
                s.version, s.start, s.end = now, s.asked_at, cut_at
                present.setdefault(i // PATIENT, []).append(i)
            elif now == s.version:
                present.setdefault(i // PATIENT, []).append(i)
            elif s.version == ABSENT:
                wrong.append(('resurrected', 'slot %d is there in version %d, though its deletion was acknowledged or it was recycled' % (i, now)))
            else:
                wrong.append(('stale', 'slot %d is there in version %d, acknowledged is %d, in flight %s' % (i, now, s.version, asked)))
        wrong += [('unknown', 'slot %d was never stored' % i) for i in found if i not in self.slots]
        recycled = self._recycled(missing, present, wrong)
        for i, s in self.slots.items():
            if i not in found:
                s.version = ABSENT
            elif s.version != found[i]:
                s.version, s.start, s.end = found[i], 0.0, cut_at    # reported above; once
            s.asked = None
        self.busy.clear()
        return wrong, recycled

    def _recycled(self, missing, present, wrong):
        """Which patients with missing slots may have been recycled; the others are lost."""
        recycled = {}
        for patient, slots in missing.items():
            after = max(self.slots[i].start for i in slots)
            stayed = [i for i in present.get(patient, []) if self.slots[i].end <= after]
            if stayed:
                wrong.append(('lost', 'slots %s of patient %d are gone, but slot %d stored before stayed: not a recycled patient' % (slots, patient, stayed[0])))
                continue
            older = [q for q in present if q not in missing and self.touched.get(q, 0) < after]
            if older:
                wrong.append(('lost', 'patient %d is gone (slots %s), but patient %d, touched longer ago, stayed' % (patient, slots, older[0])))
                continue
            recycled[patient] = after
        return recycled

    def deleted(self, found, since):
        """-> (patients of which nothing is left, slots that are empty) where a deletion may have done it since then."""
        slots = [i for i, s in self.slots.items() if s.deleted >= since and i not in found]
        return {i // PATIENT for i in slots} - {i // PATIENT for i in found}, slots
