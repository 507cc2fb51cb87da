using Edge.Core.Options;

namespace Edge.Engine.Ports;

/// <summary>Port: connects to Orthanc peers.</summary>
public interface IPeerConnector
{
    /// <param name="timeout">In seconds; 0 for the peer's, else <c>HttpTimeout</c>.</param>
    /// <exception cref="Core.Errors.EdgeException">SslInitialization: a certificate cannot be read.</exception>
    IPeerConnection Connect(PeerOptions peer, int timeout);
}

/// <summary>Speaks with one peer, on connections that are kept for its life.</summary>
public interface IPeerConnection : IDisposable
{
    /// <summary>POST <c>instances</c> of a DICOM file, from the stream's position to its end. The bytes that were sent as the body.</summary>
    /// <param name="instance">Its identifier, for who keeps account of what is sent.</param>
    /// <exception cref="Core.Errors.EdgeException">NetworkProtocol: no connection, no answer in time, or another status than 200.</exception>
    ValueTask<long> StoreInstanceAsync(Stream file, string instance, bool compress, CancellationToken cancellation = default);
}
