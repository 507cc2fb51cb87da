using System.Globalization;

namespace Edge.Dicom.Json;

/// <summary>Floating-point values as Orthanc writes them: 17 significant digits, C's <c>%.17g</c>.</summary>
public static class DicomNumber
{
    /// <summary><c>0.1</c> as FD gives <c>0.10000000000000001</c>, FL 0.1 gives <c>0.10000000149011612</c>.</summary>
    public static string Format(double value)
    {
        if (double.IsNaN(value))
        {
            return "nan";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "inf" : "-inf";
        }

        return value.ToString("G17", CultureInfo.InvariantCulture).Replace('E', 'e');
    }
}
