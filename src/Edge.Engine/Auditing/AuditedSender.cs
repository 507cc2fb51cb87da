using System.Globalization;
using System.Runtime.CompilerServices;
using Edge.Core.Auditing;
using Edge.Core.Options;
using Edge.Engine.Ports;

namespace Edge.Engine.Auditing;

/// <summary>Senders whose deliveries, and failures to deliver, are in the audit log: of jobs, of C-MOVE and of forwarding alike.</summary>
public sealed class AuditedSender(IDicomSender sender, AuditLog log) : IDicomSender
{
    public async IAsyncEnumerable<SendResult> SendAsync(
        ModalityOptions destination, IReadOnlyList<OutgoingInstance> instances, SendOptions? options = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (SendResult result in sender.SendAsync(destination, instances, options, cancellation).ConfigureAwait(false))
        {
            Note(log, result, options?.MoveOriginatorAet ?? "", "C-STORE", destination.Aet);
            yield return result;
        }
    }

    /// <summary>An instance that no connection could be made for was not given to anybody: forwarding tells of those.</summary>
    internal static void Note(AuditLog log, SendResult result, string actor, string operation, string peer)
    {
        if (result.IsSent || result.DimseStatus is not null)
        {
            string subject = result.Instance.PublicId.Length > 0 ? result.Instance.PublicId : result.Instance.SopInstanceUid;
            log.Write(new AuditEntry(AuditAction.Send, actor, "", operation, subject, peer, result.DimseStatus?.ToString("X4", CultureInfo.InvariantCulture) ?? "sent"));
        }
    }
}

/// <summary>The same for peers.</summary>
public sealed class AuditedPeerSender(IPeerSender sender, AuditLog log) : IPeerSender
{
    public async IAsyncEnumerable<SendResult> SendAsync(PeerOptions destination, IReadOnlyList<OutgoingFile> instances, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (SendResult result in sender.SendAsync(destination, instances, cancellation).ConfigureAwait(false))
        {
            AuditedSender.Note(log, result, "", "POST /instances", destination.Url);
            yield return result;
        }
    }
}

/// <summary>The same for the jobs that send to peers on a connection of their own.</summary>
public sealed class AuditedPeerConnector(IPeerConnector connector, AuditLog log) : IPeerConnector
{
    public IPeerConnection Connect(PeerOptions peer, int timeout) => new Connection(connector.Connect(peer, timeout), peer, log);

    private sealed class Connection(IPeerConnection connection, PeerOptions peer, AuditLog log) : IPeerConnection
    {
        public async ValueTask<long> StoreInstanceAsync(Stream file, string instance, bool compress, CancellationToken cancellation = default)
        {
            long sent = await connection.StoreInstanceAsync(file, instance, compress, cancellation).ConfigureAwait(false);
            log.Write(new AuditEntry(AuditAction.Send, "", "", "POST /instances", instance, peer.Url, "sent"));
            return sent;
        }

        public void Dispose() => connection.Dispose();
    }
}
