using Edge.Core.Options;

namespace Edge.Engine.Ports;

/// <summary>Port: stores instances at another server of Orthanc's API over HTTP.</summary>
public interface IPeerSender
{
    /// <summary>Sends files in their order and yields one result for each, in the same order, as soon as it is known; failures are results, as <see cref="IDicomSender.SendAsync"/> has them.</summary>
    IAsyncEnumerable<SendResult> SendAsync(PeerOptions destination, IReadOnlyList<OutgoingFile> instances, CancellationToken cancellation = default);
}
