using System.Text;

namespace Edge.Contract.Tests.Specification;

/// <summary>A request of an operation, and the status it is answered with.</summary>
internal sealed record Case(string Path, byte[]? Body, int Status = 200);

/// <summary>One good request for each operation.</summary>
internal static class HappyCases
{
    /// <summary>Bodies by operation; <c>{instance}</c> and the like are filled in. What is not here is sent without a body.</summary>
    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["POST /instances/{}/export"] = "{export}",
        ["POST /modalities/{}/echo"] = "{}",
        ["POST /modalities/{}/find"] = """{"PatientID":"{patientId}"}""",
        ["POST /modalities/{}/find-patient"] = """{"PatientID":"*"}""",
        ["POST /modalities/{}/find-study"] = """{"PatientID":"{patientId}"}""",
        ["POST /modalities/{}/find-series"] = """{"PatientID":"{patientId}","StudyInstanceUID":"{studyUid}"}""",
        ["POST /modalities/{}/find-instance"] = """{"PatientID":"{patientId}","StudyInstanceUID":"{studyUid}","SeriesInstanceUID":"{seriesUid}"}""",
        ["POST /modalities/{}/find-worklist"] = "{}",
        ["POST /modalities/{}/get"] = """{"Level":"Patient","Resources":[{"PatientID":"{patientId}"}]}""",
        ["POST /modalities/{}/move"] = """{"Level":"Patient","Resources":[{"PatientID":"{patientId}"}],"TargetAet":"ORTHANC"}""",
        ["POST /modalities/{}/query"] = """{"Level":"Study","Query":{"PatientID":"*"}}""",
        ["POST /modalities/{}/storage-commitment"] = """{"Resources":["{instance}"]}""",
        ["POST /modalities/{}/store"] = "{instance}",
        ["POST /modalities/{}/store-straight"] = "{file}",
        ["PUT /modalities/{}"] = """["OTHER","127.0.0.1",104]""",
        ["POST /peers/{}/store"] = "{instance}",
        ["POST /peers/{}/store-straight"] = "{file}",
        ["PUT /peers/{}"] = """["http://127.0.0.1:1/"]""",
        ["POST /queries/{}/answers/{}/query-instances"] = "{}",
        ["POST /queries/{}/answers/{}/query-series"] = "{}",
        ["POST /queries/{}/answers/{}/query-studies"] = "{}",
        ["POST /queries/{}/answers/{}/retrieve"] = """{"TargetAet":"ORTHANC"}""",
        ["POST /queries/{}/retrieve"] = """{"TargetAet":"ORTHANC"}""",
        ["POST /storage-commitment/{}/remove"] = "{}",
        ["POST /tools/bulk-anonymize"] = """{"Resources":["{instance}"],"Synchronous":true}""",
        ["POST /tools/bulk-content"] = """{"Resources":["{study}"]}""",
        ["POST /tools/bulk-delete"] = """{"Resources":["{instance}"]}""",
        ["POST /tools/bulk-modify"] = """{"Resources":["{instance}"],"Replace":{"PatientComments":"x"},"Synchronous":true}""",
        ["POST /tools/count-resources"] = """{"Level":"Study","Query":{}}""",
        ["POST /tools/create-archive"] = """{"Resources":["{study}"],"Synchronous":true}""",
        ["POST /tools/create-media"] = """["{study}"]""",
        ["POST /tools/create-media-extended"] = """["{study}"]""",
        ["POST /tools/create-dicom"] = """{"Tags":{"PatientID":"made","PatientName":"Made"}}""",
        ["POST /tools/dicom-echo"] = """["ORTHANC","127.0.0.1",{dicom}]""",
        ["POST /tools/execute-script"] = "print(1)",
        ["POST /tools/find"] = """{"Level":"Study","Query":{},"Expand":true}""",
        ["POST /tools/lookup"] = "{patientId}",
        ["PUT /patients/{}/protected"] = "1",
        ["PUT /tools/accepted-transfer-syntaxes"] = """["*"]""",
        ["PUT /tools/default-encoding"] = "Latin1",
        ["PUT /tools/log-level"] = "default",
        ["PUT /tools/metrics"] = "1",
        ["PUT /tools/unknown-sop-class-accepted"] = "0",
        ["POST /studies/{}/split"] = """{"Series":["{series}"],"Synchronous":true}""",
        ["POST /studies/{}/merge"] = """{"Resources":["{series}"],"Synchronous":true}""",
        ["POST /instances"] = "{file}",
    };

    /// <summary>Operations whose good request is not answered with 200, and the status that Orthanc gives.</summary>
    private static readonly Dictionary<string, int> Statuses = new()
    {
        ["GET /plugins/{}"] = 404, // none is loaded but explorer.js, which has a route of its own
        ["GET /instances/{}/pdf"] = 404, // the sample holds none
        ["POST /studies/{}/merge"] = 400, // the sample's own series cannot be merged into its study: still no unknown route
    };

    public static Case Of(Operation operation, OperationServer at)
    {
        StringBuilder path = new();
        foreach (string part in operation.Path.Split('/').Skip(1))
        {
            path.Append('/').Append(part.StartsWith('{') ? Value(operation, part, at) : part);
        }

        path.Append(operation.Key switch
        {
            "GET /tools/generate-uid" => "?level=study",
            "GET /tools/create-archive" or "GET /tools/create-media" or "GET /tools/create-media-extended" => $"?resources={at.Study}",
            _ => "",
        });
        return new Case(path.ToString(), Body(operation, at), Statuses.GetValueOrDefault(operation.Key, 200));
    }

    public static byte[]? Body(Operation operation, OperationServer at)
    {
        if (operation.Method is "GET" or "DELETE")
        {
            return null;
        }

        string key = operation.Key.StartsWith("PUT /tools/log-level", StringComparison.Ordinal) ? "PUT /tools/log-level" : operation.Key;
        if (operation.Path.EndsWith("/anonymize", StringComparison.Ordinal))
        {
            return """{"Synchronous":true}"""u8.ToArray();
        }

        if (operation.Path.EndsWith("/modify", StringComparison.Ordinal))
        {
            return operation.Path.StartsWith("/patients/", StringComparison.Ordinal)
                ? """{"Replace":{"PatientID":"OTHER"},"Force":true,"Synchronous":true}"""u8.ToArray()
                : """{"Replace":{"PatientComments":"x"},"Synchronous":true}"""u8.ToArray();
        }

        if (operation.Path.EndsWith("/archive", StringComparison.Ordinal) || operation.Path.EndsWith("/media", StringComparison.Ordinal))
        {
            return """{"Synchronous":true}"""u8.ToArray();
        }

        string body = Bodies.GetValueOrDefault(key, "");
        return body == "{file}" ? at.File : Encoding.UTF8.GetBytes(body.Replace("{instance}", at.Instance).Replace("{series}", at.Series).Replace("{study}", at.Study)
            .Replace("{patientId}", at.Sample.PatientId).Replace("{studyUid}", at.Sample.StudyInstanceUid).Replace("{seriesUid}", at.Sample.SeriesInstanceUid)
            .Replace("{export}", at.ExportPath).Replace("{dicom}", $"{at.Server.DicomPort}"));
    }

    private static string Value(Operation operation, string parameter, OperationServer at) => (operation.Path.Split('/')[1], parameter) switch
    {
        ("patients", "{id}") => at.Patient,
        ("studies", "{id}") => at.Study,
        ("series", "{id}") => at.Series,
        ("instances", "{id}") => at.Instance,
        ("modalities" or "peers", "{id}") => operation.Method is "PUT" or "DELETE" ? "other" : "self",
        ("queries", "{id}") => at.Query,
        ("storage-commitment", "{id}") => at.Commitment,
        ("jobs", "{id}") => at.Job,
        ("jobs", "{key}") => "archive",
        (_, "{id}") => "nope",
        (_, "{name}") => operation.Path.Contains("/metadata/", StringComparison.Ordinal) ? "1024" : "1025",
        (_, "{label}") => "demo",
        (_, "{frame}" or "{index}") => "0",
        (_, "{path}") => "0010-0010",
        _ => throw new InvalidOperationException($"no value for {parameter} of {operation.Path}"),
    };
}
