using Edge.Core.Options;

namespace Edge.Core.Configuration;

/// <summary>
/// The options <c>...TransferSyntaxAccepted</c>, which count where <c>AcceptedTransferSyntaxes</c> is absent.
/// The families are those that disappear from <c>/tools/accepted-transfer-syntaxes</c> of Orthanc 1.10.1 when its option is false.
/// </summary>
internal static class DeprecatedTransferSyntaxes
{
    private static readonly string[] Uncompressed = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"];

    /// <summary>What is accepted by these options: everything, or the families left.</summary>
    public static string[] Accepted(DicomServerOptions options)
    {
        (bool IsAccepted, string[] Family)[] families =
        [
            (options.DeflatedTransferSyntaxAccepted, ["1.2.840.10008.1.2.1.99"]),
            (options.JpegTransferSyntaxAccepted, ["1.2.840.10008.1.2.4.5?", "1.2.840.10008.1.2.4.6?", "1.2.840.10008.1.2.4.70"]),
            (options.JpegLosslessTransferSyntaxAccepted, ["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"]),
            (options.Jpeg2000TransferSyntaxAccepted, ["1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.92", "1.2.840.10008.1.2.4.93"]),
            (options.JpipTransferSyntaxAccepted, ["1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.95"]),
            (options.Mpeg2TransferSyntaxAccepted, ["1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.101"]),
            (options.Mpeg4TransferSyntaxAccepted, ["1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.103", "1.2.840.10008.1.2.4.104", "1.2.840.10008.1.2.4.105", "1.2.840.10008.1.2.4.106"]),
            (options.H265TransferSyntaxAccepted, ["1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.108"]),
            (options.RleTransferSyntaxAccepted, ["1.2.840.10008.1.2.5"]),
        ];
        if (families.All(static family => family.IsAccepted))
        {
            return options.AcceptedTransferSyntaxes;
        }

        // What no option speaks of (RFC 2557 and XML encapsulation, ...) stays accepted, as in Orthanc.
        return [.. Uncompressed, .. families.Where(static family => family.IsAccepted).SelectMany(static family => family.Family), "1.2.840.10008.1.2.6.*"];
    }
}
