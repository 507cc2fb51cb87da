// node interop.js REST DICOM PEER: the operations of DIMSE between dcmjs-dimse and a running edge-dicom (AE title EDGE).
'use strict';
const assert = require('node:assert');
const dimse = require('dcmjs-dimse');
const { Client, Dataset, Scp, Server } = dimse;
const { CEchoRequest, CFindRequest, CGetRequest, CMoveRequest, CStoreRequest } = dimse.requests;
const { CEchoResponse, CFindResponse, CStoreResponse } = dimse.responses;
const { PresentationContextResult, Status, StorageClass, TransferSyntax } = dimse.constants;

const [rest, dicom, peer] = process.argv.slice(2).map(Number);
const study = '2.25.77001';
const received = [];

// Its log tells each association; the lines below are what counts.
dimse.log.setLevel(process.env.VERBOSE ? 'info' : 'silent');

const sample = (number) => new Dataset({
  SOPClassUID: StorageClass.MrImageStorage,
  SOPInstanceUID: `2.25.77003.${number}`,
  StudyInstanceUID: study,
  SeriesInstanceUID: '2.25.77002',
  PatientID: 'JS-1',
  PatientName: 'DOE^JANE',
  Modality: 'MR',
  Rows: 2, Columns: 2, BitsAllocated: 8, BitsStored: 8, HighBit: 7, PixelRepresentation: 0, SamplesPerPixel: 1,
  PhotometricInterpretation: 'MONOCHROME2',
  PixelData: [new Uint8Array([1, 2, 3, 4]).buffer],
  _vrMap: { PixelData: 'OB' },
}, TransferSyntax.ExplicitVRLittleEndian);

// Sends one request; its final status, and the data sets of the pending responses.
const send = (request, onStore) => new Promise((resolve, reject) => {
  const client = new Client();
  const answers = [];
  let status;
  request.on('response', (response) => {
    status = response.getStatus();
    if (status === Status.Pending && response.hasDataset()) {
      answers.push(response.getDataset().getElements());
    }
  });
  client.on('cStoreRequest', (store, callback) => {
    onStore?.(store);
    const response = CStoreResponse.fromRequest(store);
    response.setStatus(Status.Success);
    callback(response);
  });
  client.on('networkError', reject);
  client.on('closed', () => resolve({ status, answers }));
  client.addRequest(request);
  client.send('127.0.0.1', dicom, 'JSSCU', 'EDGE');
});

class Peer extends Scp {
  associationRequested(association) {
    for (const { id } of association.getPresentationContexts()) {
      const context = association.getPresentationContext(id);
      const wanted = [TransferSyntax.ExplicitVRLittleEndian, TransferSyntax.ImplicitVRLittleEndian].find((syntax) => context.getTransferSyntaxUids().includes(syntax));
      context.setResult(wanted ? PresentationContextResult.Accept : PresentationContextResult.RejectTransferSyntaxesNotSupported, wanted);
    }
    this.sendAssociationAccept();
  }

  cEchoRequest(request, callback) {
    const response = CEchoResponse.fromRequest(request);
    response.setStatus(Status.Success);
    callback(response);
  }

  cStoreRequest(request, callback) {
    received.push(request.getDataset().getElements());
    const response = CStoreResponse.fromRequest(request);
    response.setStatus(Status.Success);
    callback(response);
  }

  cFindRequest(request, callback) {
    const pending = CFindResponse.fromRequest(request);
    pending.setDataset(new Dataset({ QueryRetrieveLevel: 'STUDY', PatientID: 'JS-9', StudyInstanceUID: study }));
    pending.setStatus(Status.Pending);
    const last = CFindResponse.fromRequest(request);
    last.setStatus(Status.Success);
    callback([pending, last]);
  }

  associationReleaseRequested() {
    this.sendAssociationReleaseResponse();
  }
}

const http = async (path, body) => {
  const answer = await fetch(`http://127.0.0.1:${rest}${path}`, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
};

const steps = {
  'it echoes': async () => assert.equal((await send(new CEchoRequest())).status, Status.Success),
  'it stores': async () => {
    for (const number of [1, 2]) {
      assert.equal((await send(new CStoreRequest(sample(number)))).status, Status.Success);
    }
    assert.equal((await http('/statistics')).CountInstances, 2);
  },
  'it finds': async () => {
    const found = await send(CFindRequest.createStudyFindRequest({ PatientID: 'JS-*' }));
    assert.equal(found.status, Status.Success);
    assert.deepEqual(found.answers.map((one) => one.StudyInstanceUID), [study]);
  },
  'it gets': async () => {
    const got = [];
    const result = await send(CGetRequest.createStudyGetRequest(study), (store) => got.push(store.getDataset().getElements().SOPInstanceUID));
    assert.equal(result.status, Status.Success);
    assert.deepEqual(got.sort(), ['2.25.77003.1', '2.25.77003.2']);
  },
  'it moves': async () => {
    const result = await send(CMoveRequest.createStudyMoveRequest('JSSCP', study));
    assert.equal(result.status, Status.Success);
    assert.equal(received.splice(0).length, 2);
  },
  'it is echoed': async () => http('/modalities/js/echo', {}),
  'it is stored at': async () => {
    const instances = await http('/instances');
    assert.equal((await http('/modalities/js/store', { Resources: instances })).FailedInstancesCount, 0);
    assert.deepEqual(received.splice(0).map((one) => one.PatientID), ['JS-1', 'JS-1']);
  },
  'it is asked': async () => {
    const query = await http('/modalities/js/query', { Level: 'Study', Query: { PatientID: 'JS-9' } });
    assert.deepEqual((await http(`${query.Path}/answers?expand&simplify`)).map((one) => one.PatientID), ['JS-9']);
  },
};

(async () => {
  const server = new Server(Peer);
  server.on('networkError', (error) => console.log('network error:', error.message));
  server.listen(peer);
  let failed = 0;
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
      console.log(`ok    ${name}`);
    } catch (error) {
      failed++;
      console.log(`FAIL  ${name}: ${error.stack}`);
    }
  }
  server.close();
  process.exit(failed === 0 ? 0 : 1);
})();
