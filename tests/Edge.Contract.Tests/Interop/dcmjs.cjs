// dcmjs-dimse, a DICOM stack in JavaScript, as the tests call it: `node dcmjs.cjs OPERATION PORT [ARGUMENT]`. A line of JSON is the result.
const net = require('net');
const { createRequire } = require('module');
const load = createRequire(process.env.EDGE_DCMJS + '/');
const { Client, Dataset, Server, Scp, requests, responses, constants, log } = load('dcmjs-dimse');
const { CEchoRequest, CFindRequest, CStoreRequest, CGetRequest, CMoveRequest } = requests;
const { CEchoResponse, CFindResponse, CStoreResponse, CMoveResponse } = responses;
const { Status, PresentationContextResult, TransferSyntax, SopClass } = constants;
log.disableAll();

const [operation, port, argument] = process.argv.slice(2);
const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');

/** One request on an association of its own; how it went, and what came. */
function call(request) {
  const result = { statuses: [], datasets: [], stored: [] };
  const client = new Client();
  request.on('response', (response) => {
    result.statuses.push(response.getStatus());
    if (response.hasDataset()) result.datasets.push(response.getDataset().getElements());
  });
  client.on('cStoreRequest', (incoming, callback) => {
    result.stored.push(incoming.getDataset().getElement('SOPInstanceUID'));
    const response = CStoreResponse.fromRequest(incoming);
    response.setStatus(Status.Success);
    callback(response);
  });
  client.on('networkError', (e) => { say({ error: e.message }); process.exit(1); });
  client.on('associationRejected', (r) => { say({ error: 'rejected', reason: r }); process.exit(1); });
  client.on('closed', () => { say(result); process.exit(0); });
  client.addRequest(request);
  client.send('127.0.0.1', Number(port), 'DCMJS', 'ORTHANC');
}

class Peer extends Scp {
  associationRequested(association) {
    for (const { id } of association.getPresentationContexts()) {
      const context = association.getPresentationContext(id);
      const wanted = context.getTransferSyntaxUids().find((uid) => uid === TransferSyntax.ExplicitVRLittleEndian || uid === TransferSyntax.ImplicitVRLittleEndian);
      context.setResult(wanted ? PresentationContextResult.Accept : PresentationContextResult.RejectTransferSyntaxesNotSupported, wanted);
    }
    this.association = association;
    this.sendAssociationAccept();
  }

  cEchoRequest(request, callback) { this.answer(CEchoResponse, request, callback); }

  cStoreRequest(request, callback) {
    say({ stored: request.getDataset().getElement('SOPInstanceUID'), pixels: request.getDataset().getElement('PixelData')[0].byteLength });
    this.answer(CStoreResponse, request, callback);
  }

  cFindRequest(request, callback) {
    const pending = CFindResponse.fromRequest(request);
    pending.setDataset(new Dataset({ QueryRetrieveLevel: 'STUDY', PatientID: request.getDataset().getElement('PatientID'), StudyInstanceUID: '1.2.3' }));
    pending.setStatus(Status.Pending);
    const final = CFindResponse.fromRequest(request);
    final.setStatus(Status.Success);
    callback([pending, final]);
  }

  cMoveRequest(request, callback) {
    say({ moved: request.getDataset().getElement('StudyInstanceUID') });
    const response = CMoveResponse.fromRequest(request);
    response.setStatus(Status.Success);
    callback([response]);
  }

  answer(type, request, callback) {
    const response = type.fromRequest(request);
    response.setStatus(Status.Success);
    callback(response);
  }

  associationReleaseRequested() { this.sendAssociationReleaseResponse(); }
}

switch (operation) {
  case 'echo': call(new CEchoRequest()); break;
  case 'store': call(new CStoreRequest(argument)); break;
  case 'find': call(CFindRequest.createStudyFindRequest({ PatientID: argument, StudyInstanceUID: '' })); break;
  case 'get': call(CGetRequest.createStudyGetRequest(argument)); break;
  case 'move': call(CMoveRequest.createStudyMoveRequest('DCMJS', argument)); break;
  case 'serve': {
    // It would listen on every interface.
    const listen = net.Server.prototype.listen;
    net.Server.prototype.listen = function (at, ...rest) { return listen.call(this, at, '127.0.0.1', ...rest); };
    new Server(Peer).listen(Number(port));
    break;
  }
  default: process.exit(2);
}
