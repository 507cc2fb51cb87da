using System.Text.Json;
using Edge.Core.Configuration.Readers;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Engine;
using Edge.Rest.Hosting;
using Edge.Rest.Json;
using Edge.Store.Index;

namespace Edge.Rest.Orthanc;

/// <summary>What the server is, holds and counts.</summary>
public sealed class SystemInformation(EdgeEngine engine)
{
    /// <summary>The version of Orthanc's REST API that this face speaks; clients decide by it what they may ask.</summary>
    public const string OrthancVersion = Edge.Core.Ids.Implementation.OrthancVersion;

    /// <summary>Orthanc's number of its plugin and REST API at that version.</summary>
    private const int ApiVersion = 31;

    /// <summary>Orthanc's number of its SQLite schema: kept, for clients show it. Ours has a number of its own.</summary>
    private const int DatabaseVersion = 6;

    public Route[] Routes() =>
    [
        new("GET", "/system", SystemAsync, "Get system information"),
        new("GET", "/statistics", StatisticsAsync, "Get database statistics"),
        new("GET", "/plugins", static request => request.Json(0, static (writer, _) => writer.Texts(["explorer.js"])), "List plugins"),
        new("GET", "/plugins/explorer.js", static request => request.Bytes("// Extensions to Orthanc Explorer by the registered plugins\n\n"u8, "application/javascript"), "JavaScript extensions to Orthanc Explorer"),
        new("GET", "/plugins/{id}", static request => request.Decline(), "Get plugin"),
    ];

    private async ValueTask SystemAsync(RestRequest request) => await request.Json((engine, Server: this), static (writer, state) =>
    {
        EdgeOptions options = state.engine.Options;
        writer.WriteStartObject();
        writer.WriteNumber("ApiVersion"u8, ApiVersion);
        writer.WriteStartObject("Capabilities"u8);
        writer.WriteBoolean("HasExtendedChanges"u8, true);
        writer.WriteBoolean("HasExtendedFind"u8, true);
        writer.WriteEndObject();
        writer.WriteBoolean("CheckRevisions"u8, options.General.CheckRevisions);
        writer.WriteNull("DatabaseBackendPlugin"u8);
        writer.WriteString("DatabaseServerIdentifier"u8, state.engine.ServerIdentifier);
        writer.WriteNumber("DatabaseVersion"u8, DatabaseVersion);
        writer.WriteString("DicomAet"u8, options.Dicom.DicomAet);
        writer.WriteString("DicomDefaultRetrieveMethod"u8, ModalityReader.Name(options.Remote.DicomDefaultRetrieveMethod));
        writer.WriteNumber("DicomPort"u8, options.Dicom.DicomPort);
        writer.WriteString("EdgeStorageFormat"u8, options.Edge.StorageFormat == StorageFormat.Raw ? "raw"u8 : "lz4"u8);
        writer.WriteString("EdgeVersion"u8, state.engine.EdgeVersion);
        writer.WriteBoolean("HasLabels"u8, true);
        writer.WriteNumber("HttpPort"u8, options.Http.HttpPort);
        writer.WriteString("IngestTranscoding"u8, options.Transcoding.IngestTranscoding ?? "");
        writer.WriteBoolean("IsHttpServerSecure"u8, !options.Security.RemoteAccessAllowed || options.Security.IsAuthenticationDemanded);
        writer.WriteStartObject("MainDicomTags"u8);
        foreach (ResourceLevel level in (ReadOnlySpan<ResourceLevel>)[ResourceLevel.Instance, ResourceLevel.Patient, ResourceLevel.Series, ResourceLevel.Study])
        {
            writer.WriteString(ResourceJson.TypeName(level), state.engine.MainTags.Signature(level));
        }

        writer.WriteEndObject();
        writer.WriteNumber("MaximumPatientCount"u8, options.Storage.MaximumPatientCount);
        writer.WriteString("MaximumStorageMode"u8, options.Storage.MaximumStorageMode == MaximumStorageMode.Recycle ? "Recycle"u8 : "Reject"u8);
        writer.WriteNumber("MaximumStorageSize"u8, options.Storage.MaximumStorageSize);
        writer.WriteString("Name"u8, options.General.Name);
        writer.WriteBoolean("OverwriteInstances"u8, options.Storage.OverwriteInstances);
        writer.WriteBoolean("PatientLevelEnabled"u8, true);
        writer.WriteBoolean("PluginsEnabled"u8, true);
        writer.WriteBoolean("ReadOnly"u8, options.General.ReadOnly);
        writer.WriteNull("StorageAreaPlugin"u8);
        writer.WriteBoolean("StorageCompression"u8, options.Storage.StorageCompression);
        writer.WriteStartObject("UserMetadata"u8);
        foreach ((string name, int number) in state.engine.Names.UserMetadata.OrderBy(static entry => entry.Key, StringComparer.Ordinal))
        {
            writer.WriteNumber(name, number);
        }

        writer.WriteEndObject();
        writer.WriteString("Version"u8, OrthancVersion);
        writer.WriteEndObject();
    }).ConfigureAwait(false);

    private async ValueTask StatisticsAsync(RestRequest request)
    {
        IndexTotals totals = await engine.Index.PeekAsync(0, static (reader, _) => reader.Totals(), request.Aborted).ConfigureAwait(false);
        await request.Json(totals, static (writer, found) =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("CountInstances"u8, found.Counts.Instances);
            writer.WriteNumber("CountPatients"u8, found.Counts.Patients);
            writer.WriteNumber("CountSeries"u8, found.Counts.Series);
            writer.WriteNumber("CountStudies"u8, found.Counts.Studies);
            writer.WriteStartObject("Edge"u8);
            StatisticsJson.WriteSize(writer, "StoredSize"u8, "StoredSizeMB"u8, found.Sizes.Stored);
            writer.WriteEndObject();
            StatisticsJson.WriteSize(writer, "TotalDiskSize"u8, "TotalDiskSizeMB"u8, found.Sizes.Logical);
            StatisticsJson.WriteSize(writer, "TotalUncompressedSize"u8, "TotalUncompressedSizeMB"u8, found.Sizes.Plain);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }
}
