namespace Edge.Dimse.Association;

/// <summary>Counters since the start; safe to read at any time. One instance may serve a server and many clients.</summary>
public sealed class DimseMetrics
{
    private long _open, _waiting, _accepted, _rejected, _aborted, _released, _lost, _timeouts, _messagesReceived, _messagesSent, _bytesReceived, _bytesSent;

    /// <summary>Associations that are established now.</summary>
    public long AssociationsOpen => Volatile.Read(ref _open);

    /// <summary>Connections that wait for a free association now.</summary>
    public long ConnectionsWaiting => Volatile.Read(ref _waiting);

    /// <summary>Associations that were established.</summary>
    public long AssociationsTotal => Volatile.Read(ref _accepted);

    public long AssociationsRejected => Volatile.Read(ref _rejected);

    /// <summary>Associations aborted, by either side.</summary>
    public long AssociationsAborted => Volatile.Read(ref _aborted);

    public long AssociationsReleased => Volatile.Read(ref _released);

    /// <summary>Connections lost or closed without release or abort.</summary>
    public long ConnectionsLost => Volatile.Read(ref _lost);

    /// <summary>ARTIM, idle, response and send timers that expired.</summary>
    public long Timeouts => Volatile.Read(ref _timeouts);

    public long MessagesReceived => Volatile.Read(ref _messagesReceived);

    public long MessagesSent => Volatile.Read(ref _messagesSent);

    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    public long BytesSent => Volatile.Read(ref _bytesSent);

    internal void Established()
    {
        Interlocked.Increment(ref _accepted);
        Interlocked.Increment(ref _open);
    }

    internal void Ended() => Interlocked.Decrement(ref _open);

    internal void Waiting(int change) => Interlocked.Add(ref _waiting, change);

    internal void Rejected() => Interlocked.Increment(ref _rejected);

    internal void Aborted() => Interlocked.Increment(ref _aborted);

    internal void Released() => Interlocked.Increment(ref _released);

    internal void Lost() => Interlocked.Increment(ref _lost);

    internal void TimedOut() => Interlocked.Increment(ref _timeouts);

    internal void MessageReceived() => Interlocked.Increment(ref _messagesReceived);

    internal void MessageSent() => Interlocked.Increment(ref _messagesSent);

    internal void Received(int bytes) => Interlocked.Add(ref _bytesReceived, bytes);

    internal void Sent(int bytes) => Interlocked.Add(ref _bytesSent, bytes);
}
