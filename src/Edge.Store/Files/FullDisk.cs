using Edge.Core.Errors;

namespace Edge.Store.Files;

/// <summary>
/// Tells when the disk of the files fills up, and when that is over, once each. Over means that what was refused fits again: a small
/// file that still finds room does not end it.
/// </summary>
/// <param name="free">Bytes that are free now.</param>
internal sealed class FullDisk(Func<long> free, Action<StoreEvent>? log)
{
    private readonly Lock _gate = new();
    private volatile bool _isFull;
    private long _refused;

    /// <summary>A write of so many bytes failed. Anything but a lack of space is not its business.</summary>
    public void Failed(EdgeException failure, long size)
    {
        if (failure.Code != ErrorCode.FullStorage)
        {
            return;
        }

        lock (_gate)
        {
            _refused = Math.Max(_refused, size);
            if (!_isFull)
            {
                _isFull = true;
                log?.Invoke(new StoreEvent(true, "The disk of the files is full: what does not fit is refused"));
            }
        }
    }

    /// <summary>A write of so many bytes succeeded.</summary>
    public void Wrote(long size)
    {
        if (!_isFull)
        {
            return;
        }

        lock (_gate)
        {
            if (_isFull && (size >= _refused || free() > _refused))
            {
                _isFull = false;
                _refused = 0;
                log?.Invoke(new StoreEvent(true, "The disk of the files has room again"));
            }
        }
    }
}
