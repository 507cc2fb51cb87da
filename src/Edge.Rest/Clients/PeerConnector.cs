using Edge.Core.Options;
using Edge.Engine.Ports;

namespace Edge.Rest.Clients;

/// <summary>Connects jobs to Orthanc peers.</summary>
public sealed class PeerConnector(HttpClientOptions options) : IPeerConnector
{
    public IPeerConnection Connect(PeerOptions peer, int timeout) => new PeerClient(peer, options, timeout);
}
