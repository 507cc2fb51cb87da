using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Engine;
using Edge.Rest.Hosting;
using Edge.Rest.Json;

namespace Edge.Rest.Orthanc;

/// <summary>Tools that concern the server as a whole.</summary>
public sealed class ServerTools(EdgeEngine engine)
{
    private const int LongestFlag = 1 << 20;

    public Route[] Routes() =>
    [
        new("GET", "/tools/generate-uid", GenerateUidAsync, "Generate an identifier"),
        new("GET", "/tools/metrics", request => request.Text(engine.Settings.MetricsEnabled ? "1" : "0"), "Are metrics collected?"),
        new("PUT", "/tools/metrics", PutMetricsAsync, "Enable collection of metrics"),
        new("GET", "/tools/dicom-conformance", request => request.Text(engine.Conformance.Write()), "Get DICOM conformance"),
        new("GET", "/tools/accepted-sop-classes", request => request.Json(engine.Conformance.StorageClasses, static (writer, uids) => writer.Texts(uids)), "Get accepted SOPClassUID"),
        new("POST", "/tools/invalidate-tags", static request => request.EmptyText(), "Invalidate DICOM-as-JSON summaries: none are ever stored"),
        new("POST", "/tools/reset", RestartAsync, "Restart Orthanc"),
        new("POST", "/tools/shutdown", StopAsync, "Shutdown Orthanc"),
    ];

    private static ValueTask GenerateUidAsync(RestRequest request) => request.Argument("level") switch
    {
        "patient" => request.Text(Guid.NewGuid().ToString()),
        "study" or "series" or "instance" => request.Text(DicomUid.New()),
        _ => request.Decline(),
    };

    private async ValueTask PutMetricsAsync(RestRequest request)
    {
        engine.Settings.MetricsEnabled = (await request.ReadTextAsync(LongestFlag).ConfigureAwait(false)).Trim() switch
        {
            "1" or "true" => true,
            "0" or "false" => false,
            _ => throw new EdgeException(ErrorCode.BadFileFormat, "Expected \"0\", \"1\", \"true\" or \"false\""),
        };
        await request.EmptyText().ConfigureAwait(false);
    }

    private async ValueTask RestartAsync(RestRequest request)
    {
        await request.EmptyObject().ConfigureAwait(false);
        engine.Control.Restart();
    }

    private async ValueTask StopAsync(RestRequest request)
    {
        await request.EmptyObject().ConfigureAwait(false);
        engine.Control.Stop();
    }
}
