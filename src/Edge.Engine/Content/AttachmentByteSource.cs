using Edge.Dicom.Reading;
using Edge.Store.Files;

namespace Edge.Engine.Content;

/// <summary>
/// A stored file as a byte source. Small reads come from a window of the file. Reading waits for the file threads: it is only for threads
/// that may wait, as those that decode, and for one of them at a time.
/// </summary>
internal sealed class AttachmentByteSource(IAttachmentArea files, AttachmentRecord file) : IByteSource
{
    private const int WindowSize = 64 * 1024;

    private readonly byte[] _window = GC.AllocateUninitializedArray<byte>((int)Math.Min(WindowSize, Math.Max(1, file.PlainSize)));
    private long _start;
    private int _filled;

    public long Length => file.PlainSize;

    public int Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        int total = 0;
        while (total < destination.Length && offset + total < Length)
        {
            long at = offset + total;
            if (at >= _start && at < _start + _filled)
            {
                ReadOnlySpan<byte> here = _window.AsSpan((int)(at - _start), _filled - (int)(at - _start));
                int count = Math.Min(here.Length, destination.Length - total);
                here[..count].CopyTo(destination[total..]);
                total += count;
                continue;
            }

            _filled = files.ReadAsync(file, AttachmentView.Plain, at, _window).AsTask().GetAwaiter().GetResult();
            _start = at;
            if (_filled == 0)
            {
                break;
            }
        }

        return total;
    }
}
