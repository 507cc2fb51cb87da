using System.Diagnostics;
using Edge.Core.Errors;
using Edge.Store.Native;

namespace Edge.Store.Files;

/// <summary>
/// Disk space held back beside the index by a file of its own. Even a deletion needs room to write what it changes: where the disk
/// is full, the reserve is given up for it. While it is not held, nothing new is stored, so that the space freed by deletions
/// becomes the reserve again before anything else.
/// </summary>
internal sealed class SpaceReserve
{
    public const string Name = "edge-reserve";

    /// <summary>Enough for the log of one transaction that deletes some thousands of instances, and for its way into the index.</summary>
    private const long Size = 16 << 20;

    private static readonly long Patience = Stopwatch.Frequency / 10;

    private readonly string _folder;
    private readonly string _path;
    private readonly Action<StoreEvent>? _log;
    private readonly Lock _gate = new();
    private volatile bool _held;
    private bool _told;
    private long _tried;

    /// <param name="folder">Where the index is.</param>
    /// <param name="log">Told when the disk is full, and when it has room again.</param>
    public SpaceReserve(string folder, Action<StoreEvent>? log)
    {
        _log = log;
        _folder = folder;
        _path = Path.Combine(folder, Name);
        _held = File.Exists(_path) && new FileInfo(_path).Length == Size;
        Restore();
    }

    /// <summary>Before anything new is written.</summary>
    /// <exception cref="EdgeException"><c>FullStorage</c>: the reserve is not held and cannot be taken yet.</exception>
    public void Require()
    {
        if (!_held && !Restore())
        {
            Tell(full: true);
            throw new EdgeException(ErrorCode.FullStorage, "The disk of the index is full");
        }
    }

    /// <summary>Gives the space to the transaction that is about to be tried again. False: there was none to give.</summary>
    public bool Release()
    {
        lock (_gate)
        {
            if (!_held)
            {
                return false;
            }

            _held = false;
            _tried = Stopwatch.GetTimestamp();
            File.Delete(_path);
            Tell(full: true);
            return true;
        }
    }

    /// <summary>Takes the space again where twice as much is free, at most ten times a second.</summary>
    public bool Restore()
    {
        lock (_gate)
        {
            long now = Stopwatch.GetTimestamp();
            if (_held || (_tried != 0 && now - _tried < Patience))
            {
                return _held;
            }

            _tried = now;
            if (_held = new DriveInfo(_folder).AvailableFreeSpace >= 2 * Size && Posix.TryAllocate(_path, Size))
            {
                Tell(full: false);
            }

            return _held;
        }
    }

    private void Tell(bool full)
    {
        lock (_gate)
        {
            if (full != _told)
            {
                _told = full;
                _log?.Invoke(full
                    ? new StoreEvent(true, $"The disk of the index is full: nothing new is stored until {2 * Size >> 20} MB are free")
                    : new StoreEvent(true, "The disk of the index has room again"));
            }
        }
    }
}
