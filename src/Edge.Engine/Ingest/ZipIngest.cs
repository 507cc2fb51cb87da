using System.Buffers;
using System.IO.Compression;
using Edge.Core.Errors;

namespace Edge.Engine.Ingest;

/// <summary>Takes in the DICOM files of a ZIP archive, member by member.</summary>
public static class ZipIngest
{
    /// <summary>A member may not inflate to more than this many bytes.</summary>
    private const long LargestMember = 16L << 30;

    /// <summary>Members of an archive beyond this number are refused with the whole archive.</summary>
    private const int MostMembers = 1_000_000;

    /// <summary>Whether the bytes begin like a ZIP archive.</summary>
    public static bool IsZip(ReadOnlySpan<byte> start) => start.StartsWith("PK\x03\x04"u8) || start.StartsWith("PK\x05\x06"u8);

    /// <summary>
    /// Takes in every DICOM member. Members that are no DICOM (15), or lack identifiers like a DICOMDIR (21), are skipped;
    /// any other failure ends the upload, and what was stored before it stays.
    /// </summary>
    /// <exception cref="EdgeException">BadFileFormat for a damaged archive; FullStorage; whatever a member fails with.</exception>
    public static Task<List<IngestResult>> RunAsync(IngestPipeline pipeline, IncomingObject archive, IngestOrigin origin, CancellationToken cancellation) =>
        // The library reads archives synchronously: it gets a thread of its own.
        Task.Factory.StartNew(() => Run(pipeline, archive, origin, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static List<IngestResult> Run(IngestPipeline pipeline, IncomingObject archive, IngestOrigin origin, CancellationToken cancellation)
    {
        List<IngestResult> results = [];
        byte[] buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            using ZipArchive zip = new(new IncomingStream(archive), ZipArchiveMode.Read);
            if (zip.Entries.Count > MostMembers)
            {
                throw new EdgeException(ErrorCode.BadFileFormat, $"the archive has {zip.Entries.Count} members, at most {MostMembers} are accepted");
            }

            foreach (ZipArchiveEntry entry in zip.Entries)
            {
                cancellation.ThrowIfCancellationRequested();
                if (entry.Length > 0 && IngestMember(pipeline, entry, origin, buffer, cancellation) is { } result)
                {
                    results.Add(result);
                }
            }

            return results;
        }
        catch (InvalidDataException e)
        {
            throw new EdgeException(ErrorCode.BadFileFormat, "the ZIP archive is damaged", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static IngestResult? IngestMember(IngestPipeline pipeline, ZipArchiveEntry entry, IngestOrigin origin, byte[] buffer, CancellationToken cancellation)
    {
        IncomingObject content = pipeline.Receive();
        try
        {
            using (Stream stream = entry.Open())
            {
                int read;
                while ((read = stream.Read(buffer, 0, buffer.Length)) > 0)
                {
                    if (content.Length + read > LargestMember)
                    {
                        throw new EdgeException(ErrorCode.BadFileFormat, $"a member of the archive inflates to more than {LargestMember} bytes");
                    }

                    Wait(content.AppendAsync(buffer.AsMemory(0, read), cancellation));
                }
            }

            try
            {
                IngestResult result = Wait(pipeline.IngestAsync(content, origin, cancellation: cancellation));
                return result.Status == IngestStatus.StorageFull ? throw result.ToStorageFull() : result;
            }
            catch (EdgeException e) when (e.Code is ErrorCode.BadFileFormat or ErrorCode.InexistentTag)
            {
                return null;
            }
        }
        finally
        {
            Wait(content.DisposeAsync());
        }
    }

    private static void Wait(ValueTask task)
    {
        if (!task.IsCompletedSuccessfully)
        {
            task.AsTask().GetAwaiter().GetResult();
        }
    }

    private static T Wait<T>(ValueTask<T> task) => task.IsCompletedSuccessfully ? task.Result : task.AsTask().GetAwaiter().GetResult();
}
