using System.Buffers;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Engine.Runtime;
using Edge.Engine.Scripting;

namespace Edge.Engine.Ingest;

/// <summary>
/// Asks the scripts whether an instance is stored: <c>ReceivedInstanceFilter</c>, and for C-STORE <c>ReceivedCStoreInstanceFilter</c> too. Costs nothing where there
/// is no such function. A filter that fails refuses the instance with an error, so that its sender keeps it.
/// </summary>
public sealed class ScriptFilterStep(ScriptHost scripts, RuntimeSettings settings) : IIngestStep
{
    /// <summary>A header must fit into this many bytes.</summary>
    private const long LongestHeader = 64 << 20;

    public async ValueTask<bool> RunAsync(IngestItem item, CancellationToken cancellation)
    {
        bool asksAll = scripts.HasFilter(ScriptCallbacks.ReceivedInstance);
        bool asksStore = item.Origin.Kind == OriginKind.DicomProtocol && scripts.HasFilter(ScriptCallbacks.ReceivedCStoreInstance);
        if (!asksAll && !asksStore)
        {
            return true;
        }

        byte[] tags = ScriptEvents.Simplified(await ReadAsync(item, cancellation).ConfigureAwait(false));
        void Arguments(LuaWriter writer)
        {
            writer.Json(tags);
            ScriptEvents.Origin(writer, item.Origin);
            writer.BeginTable();
            writer.Text("HasPixelData");
            writer.Boolean(item.Scan.HasPixelData);
            ScriptEvents.Member(writer, "TransferSyntaxUID", item.Scan.TransferSyntax.Uid);
            writer.EndTable();
        }

        if (asksAll && !await scripts.FilterAsync(ScriptCallbacks.ReceivedInstance, Arguments, static results => results.Boolean(0), cancellation).ConfigureAwait(false))
        {
            item.Result = new IngestResult(IngestStatus.FilteredOut, item.Identifiers!);
            return false;
        }

        if (asksStore)
        {
            long status = await scripts.FilterAsync(
                ScriptCallbacks.ReceivedCStoreInstance,
                Arguments,
                static results => results.Integer(0) is { } code and >= 0 and <= ushort.MaxValue ? code : throw new EdgeException(ErrorCode.CannotExecuteLua, "ReceivedCStoreInstanceFilter must return a DIMSE status"),
                cancellation).ConfigureAwait(false);
            if (status != 0)
            {
                item.Result = new IngestResult(IngestStatus.FilteredOut, item.Identifiers!) { DimseStatus = (ushort)status };
                return false;
            }
        }

        return true;
    }

    private async ValueTask<DataSet> ReadAsync(IngestItem item, CancellationToken cancellation)
    {
        DicomReadOptions options = new() { DefaultEncoding = settings.DefaultEncoding, PixelData = PixelDataReading.Stop };
        if (item.Content.Spool is not { } spool)
        {
            return DicomReader.ReadFile(item.Content.Bytes, options).DataSet;
        }

        long length = item.Scan.TransferSyntax.IsDeflated ? spool.Length : item.Scan.PixelDataOffset ?? spool.Length;
        if (length > LongestHeader)
        {
            throw new EdgeException(ErrorCode.NotEnoughMemory, $"A header of {length} bytes is too long for a script");
        }

        byte[] header = new byte[(int)length];
        int read = 0;
        while (read < header.Length)
        {
            int more = await spool.ReadAsync(read, header.AsMemory(read), cancellation).ConfigureAwait(false);
            if (more == 0)
            {
                break;
            }

            read += more;
        }

        return DicomReader.ReadFile(header.AsMemory(0, read), options).DataSet;
    }
}
