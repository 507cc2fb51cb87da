using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Engine.Content;
using Edge.Engine.Ports;
using Edge.Engine.Runtime;

namespace Edge.Engine.Scripting;

/// <summary>Asks the scripts whether an instance may leave by C-STORE (<c>OutgoingCStoreInstanceFilter</c>). Costs nothing where there is no such function.</summary>
public sealed class OutgoingStoreFilter(ScriptHost scripts, InstanceFiles files, RuntimeSettings settings)
{
    /// <summary>The longest file that is not stored and is read for its header.</summary>
    private const long LongestUnstored = 512L << 20;

    public bool IsThere => scripts.HasFilter(ScriptCallbacks.OutgoingStore);

    /// <param name="aet">Of the receiver.</param>
    /// <param name="address">Its host as it is configured, or the address that asks.</param>
    /// <exception cref="EdgeException">The header cannot be read, or the filter failed: the instance must not be sent then.</exception>
    public async ValueTask<bool> AllowsAsync(OutgoingInstance instance, string aet, string address, CancellationToken cancellation)
    {
        if (!IsThere)
        {
            return true;
        }

        byte[] tags = ScriptEvents.Simplified(await HeaderAsync(instance, cancellation).ConfigureAwait(false));
        return await scripts.FilterAsync(
            ScriptCallbacks.OutgoingStore,
            writer =>
            {
                writer.Json(tags);
                writer.BeginTable();
                ScriptEvents.Member(writer, "RemoteAet", aet);
                ScriptEvents.Member(writer, "RemoteIp", address);
                writer.EndTable();
            },
            static results => results.Boolean(0),
            cancellation).ConfigureAwait(false);
    }

    private async ValueTask<DataSet> HeaderAsync(OutgoingInstance instance, CancellationToken cancellation)
    {
        if (instance.PublicId.Length > 0)
        {
            return (await files.ReadHeaderAsync(await files.RequireAsync(instance.PublicId, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false)).DataSet;
        }

        byte[] bytes = await instance.ReadDataSetAsync(LongestUnstored, cancellation).ConfigureAwait(false);
        DicomReadOptions options = new() { DefaultEncoding = settings.DefaultEncoding, PixelData = PixelDataReading.Stop };
        return DicomReader.ReadDataSet(bytes, TransferSyntax.FindOrUnknown(instance.TransferSyntaxUid), options);
    }
}
