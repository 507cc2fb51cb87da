using System.Net;
using System.Net.Sockets;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scu;

namespace Edge.Dimse.Tests.Kit;

/// <summary>A listening socket whose connections the test plays by hand.</summary>
internal sealed class ScriptedScp : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ScriptedScp()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public DicomClientOptions Client => Options(Port);

    public static DicomClientOptions Options(int port) => new()
    {
        Host = "127.0.0.1",
        Port = port,
        CalledAeTitle = "SCP",
        CallingAeTitle = "EDGE",
        Contexts = ProposedContexts.Number(
        [
            (DicomUids.Verification, [DicomUids.ImplicitVrLittleEndian]),
            (SampleObject.CtImageStorage, [DicomUids.ExplicitVrLittleEndian]),
            (SampleObject.MrImageStorage, [DicomUids.ExplicitVrLittleEndian]),
        ]),
        MaximumPduLength = PduLimits.Greatest,
    };

    public async Task<ScriptedPeer> AcceptAsync() => new(await _listener.AcceptAsync());

    /// <summary>Accepts a connection and its association.</summary>
    /// <param name="pduLength">What it announces; null for the usual.</param>
    public async Task<ScriptedPeer> AssociateAsync(uint? pduLength = null)
    {
        ScriptedPeer peer = await AcceptAsync();
        AssociationRequest request = PduCodec.DecodeAssociateRequest(await peer.ExpectAsync(PduType.AssociateRequest));
        await peer.SendAsync(ScriptedPeer.Accept(request, pduLength));
        return peer;
    }

    public void Dispose() => _listener.Dispose();
}
