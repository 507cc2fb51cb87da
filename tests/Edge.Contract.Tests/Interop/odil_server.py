"""A DICOM server made of odil's service classes: echo, store and find, one association after the other until it is killed.

Usage: odil_server.py PORT FOLDER
Stored data sets go to FOLDER as SOP-INSTANCE-UID.dcm. A find is answered with the keys asked for of those whose patient id is the one asked for.
"""
import sys

import odil


class Server:
    def __init__(self, folder):
        self._folder = folder
        self._stored = []

    def serve(self, port):
        while True:
            association = odil.Association()
            try:
                association.receive_association("v4", port)
                self._answer(association)
            except (odil.AssociationReleased, odil.AssociationAborted):
                pass
            except odil.Exception as failure:
                print(failure, file=sys.stderr, flush=True)

    def _answer(self, association):
        echo, store, find = odil.EchoSCP(association), odil.StoreSCP(association), odil.FindSCP(association)
        echo.set_callback(lambda request: 0)
        store.set_callback(self._store)
        answers = Answers(self._stored)
        find.set_generator(answers)
        # The dispatcher of the package takes no FindSCP from Python, hence by hand.
        commands = odil.messages.Message.Command
        services = {int(commands.C_ECHO_RQ): echo, int(commands.C_STORE_RQ): store, int(commands.C_FIND_RQ): find}
        while True:
            message = association.receive_message()
            services[int(message.get_command_field())](message)

    def _store(self, request):
        data_set = request.get_data_set()
        odil.Writer.write_file(data_set, f"{self._folder}/{request.get_affected_sop_instance_uid()}.dcm")
        self._stored.append(data_set)
        return 0


class Answers(odil.FindSCP.DataSetGenerator):
    def __init__(self, stored):
        super().__init__()
        self._stored = stored

    def initialize(self, request):
        query = request.get_data_set()
        wanted = query.as_string("PatientID")[0]
        self._keys = list(query.keys())
        self._found = [one for one in self._stored if one.as_string("PatientID")[0] == wanted]

    def done(self):
        return not self._found

    def next(self):
        del self._found[0]

    def get(self):
        answer = odil.DataSet()
        for key in self._keys:
            if self._found[0].has(key):
                answer.add(key, self._found[0][key])
        return answer


Server(sys.argv[2]).serve(int(sys.argv[1]))
