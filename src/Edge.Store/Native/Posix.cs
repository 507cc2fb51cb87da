using System.Runtime.InteropServices;
using System.Text;
using Edge.Core.Errors;

namespace Edge.Store.Native;

/// <summary>The few system calls that .NET lacks (a folder's fsync) or wraps in more calls than they are worth (create, write, sync, close).</summary>
internal static unsafe partial class Posix
{
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int Directory = 0x10000;
    public const int CloseOnExec = 0x80000;
    public const int NotFound = 2;
    public const int Exists = 17;

    private const nint OpenAt2 = 437;
    private const nint CurrentFolder = -100;
    private const ulong ResolveCached = 0x20;
    private const int NoWait = 8;
    private const int Interrupted = 4;
    private const int InputOutput = 5;
    private const int NoSpace = 28;
    private const int ReadOnlyFileSystem = 30;
    private const int QuotaExceeded = 122;

    /// <summary>A descriptor, or the negative error number.</summary>
    public static int TryOpen(string path, int flags)
    {
        int size = Encoding.UTF8.GetMaxByteCount(path.Length) + 1;
        Span<byte> utf8 = size <= 1024 ? stackalloc byte[size] : new byte[size];
        utf8[Encoding.UTF8.GetBytes(path, utf8)] = 0;
        fixed (byte* name = utf8)
        {
            while (true)
            {
                int fd = OpenFile(name, flags | CloseOnExec, 0x1B0); // rw-rw---- before umask
                if (fd >= 0)
                {
                    return fd;
                }

                int error = Marshal.GetLastPInvokeError();
                if (error != Interrupted)
                {
                    return -error;
                }
            }
        }
    }

    /// <summary>Opens for reading if the kernel can do so without waiting for a disk (openat2(2), RESOLVE_CACHED); else, and on kernels without it, a negative number.</summary>
    public static int TryOpenCached(string path)
    {
        int size = Encoding.UTF8.GetMaxByteCount(path.Length) + 1;
        if (size > 1024)
        {
            return -1;
        }

        Span<byte> utf8 = stackalloc byte[size];
        utf8[Encoding.UTF8.GetBytes(path, utf8)] = 0;
        OpenHow how = new() { Flags = CloseOnExec, Resolve = ResolveCached };
        fixed (byte* name = utf8)
        {
            return (int)SystemCall(OpenAt2, CurrentFolder, name, &how, (nuint)sizeof(OpenHow));
        }
    }

    /// <summary>Reads until <paramref name="target"/> is full or the file ends, if all of it lies in the page cache (preadv2(2), RWF_NOWAIT); -1 if not.</summary>
    public static int TryReadCached(int fd, Span<byte> target, long offset)
    {
        fixed (byte* start = target)
        {
            int done = 0;
            while (done < target.Length)
            {
                IoVector vector = new() { Start = start + done, Length = (nuint)(target.Length - done) };
                nint read = PositionedReadVector(fd, &vector, 1, offset + done, NoWait);
                if (read < 0)
                {
                    return -1;
                }

                if (read == 0)
                {
                    break;
                }

                done += (int)read;
            }

            return done;
        }
    }

    public static int Open(string path, int flags)
    {
        int fd = TryOpen(path, flags);
        return fd >= 0 ? fd : throw Failure(-fd, "open");
    }

    public static void Write(int fd, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* start = bytes)
        {
            long done = 0;
            while (done < bytes.Length)
            {
                nint written = PositionedWrite(fd, start + done, (nint)(bytes.Length - done), offset + done);
                if (written < 0)
                {
                    int error = Marshal.GetLastPInvokeError();
                    if (error == Interrupted)
                    {
                        continue;
                    }

                    throw Failure(error, "write");
                }

                done += written;
            }
        }
    }

    /// <summary>Reads until <paramref name="target"/> is full or the file ends.</summary>
    public static int Read(int fd, Span<byte> target, long offset)
    {
        fixed (byte* start = target)
        {
            long done = 0;
            while (done < target.Length)
            {
                nint read = PositionedRead(fd, start + done, (nint)(target.Length - done), offset + done);
                if (read < 0)
                {
                    int error = Marshal.GetLastPInvokeError();
                    if (error == Interrupted)
                    {
                        continue;
                    }

                    throw new EdgeException(ErrorCode.CorruptedFile, $"A stored file cannot be read: {Describe(error)}");
                }

                if (read == 0)
                {
                    break;
                }

                done += read;
            }

            return (int)done;
        }
    }

    public static void Sync(int fd)
    {
        if (SyncFile(fd) != 0)
        {
            throw Failure(Marshal.GetLastPInvokeError(), "fsync");
        }
    }

    public static void Close(int fd) => _ = CloseFile(fd);

    /// <summary>Makes the names inside a folder durable.</summary>
    public static void SyncFolder(string path)
    {
        int fd = Open(path, ReadOnly | Directory);
        try
        {
            Sync(fd);
        }
        finally
        {
            Close(fd);
        }
    }

    /// <summary>Makes a file whose blocks are really there. False: there is no room; nothing is left of it.</summary>
    public static bool TryAllocate(string path, long size)
    {
        int fd = Open(path, WriteOnly | Create);
        int error = Allocate(fd, 0, size);
        Close(fd);
        if (error == 0)
        {
            return true;
        }

        File.Delete(path);
        return error is NoSpace or QuotaExceeded ? false : throw Failure(error, "posix_fallocate");
    }

    /// <summary>What a failed system call means to the caller: a full disk is <c>FullStorage</c>, anything else <c>CannotWriteFile</c>.</summary>
    public static EdgeException Failure(int error, string call) => error is NoSpace or QuotaExceeded
        ? new EdgeException(ErrorCode.FullStorage, $"The disk of the storage area is full ({call})")
        : new EdgeException(ErrorCode.CannotWriteFile, $"The storage area refuses {call}: {Describe(error)}");

    private static string Describe(int error) => error switch
    {
        InputOutput => "input/output error",
        ReadOnlyFileSystem => "read-only file system",
        13 => "permission denied",
        NotFound => "no such file or folder",
        24 => "too many open files",
        _ => $"error {error}",
    };

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    private static partial int OpenFile(byte* path, int flags, int mode);

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, nint folder, byte* path, OpenHow* how, nuint size);

    [LibraryImport("libc", EntryPoint = "preadv2")]
    private static partial nint PositionedReadVector(int fd, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint PositionedWrite(int fd, byte* bytes, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static partial nint PositionedRead(int fd, byte* bytes, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncFile(int fd);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int Allocate(int fd, long offset, long length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseFile(int fd);
}
